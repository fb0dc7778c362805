#!/usr/bin/perl
# timeline.csv tells second by second what the records tell request by request.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use List::Util qw(sum0);
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 60);
my $mock = mock(qw(--ttft 2 --itl 20 --jitter 0 --500 0.1));
my $run = fluxperf('-d', $rows, '-u', $mock->{url}, qw(-c 10 --max-output-tokens 12), '-o', "$scratch/out");
is($run->{exit}, 0, 'a run over more than a second') or diag($run->{err});

my ($header, @lines) = read_csv("$scratch/out/timeline.csv");
my @seconds = map { my %row; @row{@$header} = @$_; \%row } @lines;
my @requests = map { @{round_file("$scratch/out", 10, $_)->{requests}} } 1, 2;
my @records = grep { $_->{type} eq 'request' } read_jsonl("$scratch/out/journal.jsonl");

is_deeply([map { $_->{time_s} } @seconds], [0 .. $#seconds], 'it has a row for each second');
cmp_ok(scalar @seconds, '>=', 2, 'there is more than one');
is(sum0(map { $_->{finished} } @seconds), scalar @requests, 'each request ends in one of them');
is(sum0(map { $_->{failed} } @seconds), scalar(grep { !$_->{success} } @requests), 'failed ones are told');
# The last second is not whole: its rate is over what there was of it.
my $end = (sort { $a <=> $b } map { $_->{end_ns} } @records)[-1] / 1e9;
my ($round_end) = map { $_->{end_ns} / 1e9 } grep { $_->{type} eq 'round_end' && $_->{round} == 2 }
    read_jsonl("$scratch/out/journal.jsonl");
$end = $round_end if $round_end > $end;
my $tokens = sum0(map { $_->{tokens_per_s} } @seconds[0 .. $#seconds - 1])
    + $seconds[-1]{tokens_per_s} * ($end - $#seconds);
my $received = sum0(map { $_->{completion_tokens} // $_->{chunks} } @records);
cmp_ok(abs($tokens - $received), '<', 1, "its tokens are those of the requests ($received)");

my $streams = sum0(map { $_->{in_flight} } @seconds[0 .. $#seconds - 1])
    + $seconds[-1]{in_flight} * ($end - $#seconds);
my $held = sum0(map { ($_->{end_ns} - $_->{dispatched_ns}) / 1e9 } @records);
cmp_ok(abs($streams - $held), '<', 0.1, 'streams in flight add up to the time requests took');

# Each second against the requests whose first token came in it.
for my $second (0 .. $#seconds) {
    my @ttft = map { ($_->{first_token_ns} - $_->{sent_ns}) / 1e6 }
        grep { ($_->{first_token_ns} // 0) && int($_->{first_token_ns} / 1e9) == $second } @records;
    next unless @ttft;
    my $mean = sum0(@ttft) / @ttft;
    cmp_ok(abs($seconds[$second]{ttft_avg_ms} - $mean), '<', 0.01, "TTFT of second $second");
}

my $before = slurp("$scratch/out/timeline.csv");
unlink "$scratch/out/timeline.csv";
is(fluxperf('export', "$scratch/out")->{exit}, 0, 'it can be made again');
is(slurp("$scratch/out/timeline.csv"), $before, 'with the same bytes');
stop($mock->{pid});
done_testing;
