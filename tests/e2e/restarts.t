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
# Each time at most as many as may be in flight, four times over: those that were; what went out on their connections
# before these were seen to be dead; those that found nobody; and what had begun until all workers heard of it.
cmp_ok($count{failed}, '<=', 2 * 4 * 8, 'only those in flight, and those that found nobody, have failed');
ok($round->{summary}{interrupted}, 'the round is marked');
like($run->{out}, qr/^Interrupted: the server went away in this round$/m, 'in the report too');
like($run->{out}, qr/^Paused for [1-9]/m, 'and how long nothing was sent');
my %since = map { $_->{server_down_since_ns} => 1 } grep { $_->{server_down_since_ns} } lines_of('now');
is(scalar keys %since, 2, 'it was down twice');
my $timeline = slurp("$scratch/out/timeline.csv");
is(scalar(() = $timeline =~ /server $_/g), 2, "timeline.csv has when it was $_") for qw(down back);

# It stops listening while it answers the fifth of eight: the last three find nobody. The round ends without the server,
# and no pause is in it; the next one waits.
subtest 'a server that goes away near the end of a round' => sub {
    my $dying = source(sub {
        my ($socket, $request) = @_;
        kill KILL => getppid if $request->{sample} == 4;
        select undef, undef, undef, 0.2;
        send_bytes($socket, stream_head(), sse(text_event('a'), text_event('b'), finish_event('length'), DONE()));
        return 0;
    });
    $journal = "$scratch/end/journal.jsonl";
    my $end = start('-d', $rows, '-u', $dying->{url}, qw(-n 8 -c 1 --rounds 2 --max-output-tokens 3 --cold-start none),
        '-o', "$scratch/end");
    ok(wait_until(sub { said('server is down') }, 20), 'the last ones find nobody');
    ok(wait_until(sub { lines_of('round_end') }, 20), 'the round is over all the same');
    select undef, undef, undef, 1.5;
    is(scalar(my @begun = lines_of('round')), 1, 'no other begins');
    stop($dying->{pid});
    $mock = mock(@server, '--port', $dying->{port});
    finish($end, 30);
    stop($mock->{pid});
    is($end->{exit}, 0, 'until the server is back') or diag($end->{err});
    my @summaries = map { round_file("$scratch/end", 1, $_)->{summary} } 1, 2;
    is(join(' ', map { $summaries[0]{"${_}_requests"} } qw(successful failed)), '5 3', 'all of round 1 were sent');
    ok($summaries[0]{interrupted}, 'it is marked');
    cmp_ok($summaries[0]{test_duration_s}, '>', 0.9, 'its time is that of its requests');
    is($summaries[1]{successful_requests}, 8, 'round 2 lost nothing');
    ok(!$summaries[1]{interrupted}, 'and is not marked');
};
done_testing;
