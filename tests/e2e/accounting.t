#!/usr/bin/perl
# Nothing is lost: planned = succeeded + failed + cancelled + not sent, whatever the load and the faults.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 1000);

sub counts_of
{
    my ($summary) = @_;
    return map { $_ => $summary->{"${_}_requests"} } qw(total successful failed cancelled not_sent);
}

for my $faults ([], [qw(--reset 0.05 --error-event 0.05 --500 0.05 --close-kept 0.3)]) {
    my $mock = mock(qw(--ttft 0.5 --itl 0.1 --prefill-rate 1e9), @$faults);
    my $name = @$faults ? 'a failing server' : 'a good server';
    for my $concurrency (1, 64, 1000) {
        next if @$faults && $concurrency == 1;
        my $directory = "$scratch/$concurrency-" . scalar @$faults;
        my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '-c', $concurrency, '--rounds', 1,
            '--max-output-tokens', 4, '-o', $directory);
        is($run->{exit}, 0, "$name, concurrency $concurrency: it ends well") or diag($run->{err});

        my $round = round_file($directory, $concurrency, 1);
        my %count = counts_of($round->{summary});
        is($count{total}, 1000, 'all rows are planned');
        is($count{successful} + $count{failed} + $count{cancelled} + $count{not_sent}, 1000,
            'each request has one fate');
        is(scalar @{$round->{requests}}, $count{total} - $count{not_sent}, 'each that was sent has a row');
        is(scalar(grep { $_->{success} } @{$round->{requests}}), $count{successful},
            'rows and summary agree on success');
        my %seen;
        $seen{$_->{sample}}++ for @{$round->{requests}};
        is(scalar keys %seen, scalar @{$round->{requests}}, 'no row of the dataset is sent twice');
        my $in_groups = 0;
        $in_groups += $_->{count} for @{$round->{summary}{errors}};
        is($in_groups, $count{failed}, 'each failure is in a group');
        if (@$faults) {
            cmp_ok($count{failed}, '>', 50, 'the faults did happen');
        } else {
            # A machine that has no time for fluxperf makes requests stall. That is said only of those that were in
            # flight all the while: for a quarter of a second, where others take a few milliseconds.
            my @failed = grep { !$_->{success} } @{$round->{requests}};
            my @stalled = grep { $_->{error}{class} eq 'stalled_client' } @failed;
            is(scalar @failed, scalar @stalled, 'all succeed but for those that a busy machine stalled');
            is(scalar(grep { $_->{end_ns} - $_->{dispatched_ns} <= 250e6 } @stalled), 0, 'and these were indeed');
            is(scalar(grep { ($_->{output_tokens} // 0) != 4 } @{$round->{requests}}), 0, 'all tokens are counted');
        }
    }
    stop($mock->{pid});
}
# A worker without a share of the load has nothing to send, and ends all the same.
for my $case (
    ['a closed loop', ['-c', 2]],
    ['an open loop with a cap', ['-c', 2, '--request-rate', 200]],
) {
    my ($name, $load) = @$case;
    subtest "$name with more workers than streams" => sub {
        my $mock = mock(qw(--ttft 1 --itl 0.1));
        my $directory = "$scratch/workers-" . scalar @$load;
        my $run = fluxperf({timeout => 30}, '-d', $rows, '-u', $mock->{url}, @$load, '-n', 20, '--workers', 5,
            '--max-output-tokens', 2, '-o', $directory);
        is($run->{exit}, 0, 'it ends') or diag($run->{err});
        my @rounds = map { read_json($_) } glob "$directory/*_round_?.json";
        is_deeply([map { $_->{summary}{successful_requests} } @rounds], [20, 20], 'with all requests sent');
        stop($mock->{pid});
    };
}

done_testing;
