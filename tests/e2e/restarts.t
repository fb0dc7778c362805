#!/usr/bin/perl
# A server that is restarted in mid-run costs the requests it was answering, and nothing else.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

own_network;
my $scratch = scratch;
my $requests = 160;
my $rows = dataset("$scratch/rows.jsonl", $requests);
my $journal = "$scratch/out/journal.jsonl";
my @server = qw(--ttft 20 --itl 10 --jitter 0);
my $mock = mock(@server);
my $port = $mock->{port};
my $run = start('-d', $rows, '-u', $mock->{url}, qw(-c 8 --rounds 1 --max-output-tokens 10 --cold-start none),
    '-o', "$scratch/out");

sub lines_of
{
    my ($type) = @_;
    return () unless -s $journal;
    # The last line may be half written.
    return grep { $_->{type} eq $type } map { eval { JSON::PP->new->utf8->decode($_) } // () } split /\n/, slurp($journal);
}
sub said { my ($words) = @_; return scalar grep { $_->{text} =~ /$words/ } lines_of('change') }
sub ended { my @lines = lines_of('request'); return scalar @lines }

for my $restart (1, 2) {
    my $before = ended();
    ok(wait_until(sub { ended() > $before + 8 }, 20), "restart $restart: requests are answered");
    kill KILL => $mock->{pid};
    stop($mock->{pid});
    ok(wait_until(sub { said('server is down') == $restart }, 20), 'the server is missed');
    ok(wait_until(sub { my @now = lines_of('now'); @now && $now[-1]{server_down_since_ns} }, 20),
        'those who follow the run see since when');
    my $while_down = ended();
    $mock = mock(@server, '--port', $port);
    ok(wait_until(sub { said('server is back') == $restart }, 20), 'it is found again by itself');
    ok(wait_until(sub { ended() > $while_down || !kill 0 => $run->{pid} }, 20), 'and the round goes on');
}
finish($run, 30);
stop($mock->{pid});
is($run->{exit}, 0, 'the run ends as any other') or diag($run->{err});

my $round = round_file("$scratch/out", 8, 1);
my %count = map { $_ => $round->{summary}{"${_}_requests"} } qw(successful failed cancelled not_sent);
is($count{successful} + $count{failed}, $requests, 'each request was sent');
is($count{cancelled} + $count{not_sent}, 0, 'none was given up');
# Eight in flight, eight that found nobody, and what other workers had begun until they heard of it.
cmp_ok($count{failed}, '<', $requests / 2, 'only those in flight, and those that found nobody, have failed');
ok($round->{summary}{interrupted}, 'the round is marked');
like($run->{out}, qr/^Interrupted: the server went away in this round$/m, 'in the report too');
like($run->{out}, qr/^Paused for [1-9]/m, 'and how long nothing was sent');
my %since = map { $_->{server_down_since_ns} => 1 } grep { $_->{server_down_since_ns} } lines_of('now');
is(scalar keys %since, 2, 'it was down twice');
done_testing;
