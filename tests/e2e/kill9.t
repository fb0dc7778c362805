#!/usr/bin/perl
# After kill -9 the journal holds every request that finished more than a second before, and `export`
# makes the files from it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;
use Time::HiRes qw(sleep time);

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 2000);
my $source = source(sub {
    my ($socket) = @_;
    return send_bytes($socket, http_answer(200, 'text/event-stream',
        sse(text_event('Hi'), finish_event('stop'), usage_event(9, 1), DONE)), \0.01);
}, undef, 'keeps');
my $run = start('-d', $rows, '-u', $source->{url}, '-c', 4, '--rounds', 1, '-o', "$scratch/out");
ok(wait_until(sub { -s $source->{record}->filename }), 'requests are served');
sleep 4;
my $killed = time;
kill KILL => $run->{pid};
finish($run, 5);
is($run->{signal}, 9, 'it was killed');
stop($source->{pid});

# When the server had sent an answer says little of when fluxperf had read it. It had, when it sent the next request on
# the same connection.
my %next;
my @served;
for my $request (sort { $b->{begun} <=> $a->{begun} } read_jsonl($source->{record}->filename)) {
    my $later = $next{$request->{connection}};
    push @served, $request if $later && $later->{begun} < $killed - 1;
    $next{$request->{connection}} = $request;
}
cmp_ok(scalar @served, '>', 20, 'many requests had finished before');

my $export = fluxperf('export', "$scratch/out");
is($export->{exit}, 0, 'export reads the journal') or diag($export->{err});
my $round = round_file("$scratch/out", 4, 1);
my %there = requests_by_sample($round);
my @lost = grep { !$there{$_->{sample}} || !$there{$_->{sample}}{success} } @served;
is(scalar @lost, 0, 'none of them is lost') or diag('lost ' . join ' ', map { $_->{sample} } @lost);
ok(-s "$scratch/out/metrics_summary.csv", 'the tables are there too');

subtest 'a last line that was cut is left out' => sub {
    my $journal = slurp("$scratch/out/journal.jsonl");
    spew("$scratch/out/journal.jsonl", $journal, '{"type":"request","level":1,"rou');
    my $again = fluxperf('export', "$scratch/out");
    is($again->{exit}, 0, 'exit status') or diag($again->{err});
    is_deeply(round_file("$scratch/out", 4, 1), $round, 'the figures are the same');
};
done_testing;
