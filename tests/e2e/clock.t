#!/usr/bin/perl
# A driven clock: minutes of a run in seconds, the same in the run, the server and those who watch, and said
# wherever somebody may take such times for true.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;
use Time::HiRes qw(time);

my $RATE = 40;
my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", map { "sample-$_ some words" } 1 .. 40);
my @load = ('-d', $rows, qw(-c 4 --rounds 1 --max-output-tokens 30 --connect-timeout 200));    # 5 s of ours
local $ENV{FLUXPERF_CLOCK_RATE} = $RATE;

subtest 'two minutes in three seconds' => sub {
    # 10 requests one after the other in each of 4 slots: 10 × (9 s + 29 × 0.1 s).
    my $mock = mock(qw(--ttft 9000 --itl 100 --jitter 0));
    my $run = fluxperf({timeout => 60}, @load, '-u', $mock->{url}, '-o', "$scratch/long");
    stop($mock->{pid});
    is($run->{exit}, 0, 'it ends well') or diag($run->{err});
    my $summary = round_file("$scratch/long", 4, 1)->{summary};
    is($summary->{successful_requests}, 40, 'with all its requests');
    cmp_ok($summary->{test_duration_s}, '>', 118, 'two minutes by its own figures');
    cmp_ok($run->{seconds}, '<', 60, 'and not by ours');
    cmp_ok($summary->{p50_ttft}, '>', 9000, 'TTFT is what the server was told');
    cmp_ok($summary->{p50_ttft}, '<', 12000, 'and not much more');
    cmp_ok($summary->{p50_itl}, '>', 90, 'ITL is too');
    cmp_ok($summary->{p50_itl}, '<', 150, 'and not much more');
    cmp_ok(scalar(split /\n/, slurp("$scratch/long/timeline.csv")), '>', 115, 'the timeline has each second of it');

    like($run->{err}, qr/^warning: FLUXPERF_CLOCK_RATE: the clock goes $RATE times as fast/m, 'it warns');
    like($run->{out}, qr/^The clock was driven $RATE times as fast/m, 'the report says so');
    is(round_file("$scratch/long", 4, 1)->{configuration}{clock_rate}, $RATE, 'the JSON does');
    my ($line) = read_jsonl("$scratch/long/journal.jsonl");
    is($line->{clock_rate}, $RATE, 'the journal does');
};

subtest 'limits are as many times as short' => sub {
    my $mock = mock(qw(--ttft 200000 --jitter 0));
    my $run = fluxperf(@load, qw(-n 4 --timeout 40), '-u', $mock->{url}, '-o', "$scratch/late");
    stop($mock->{pid});
    my $round = round_file("$scratch/late", 4, 1);
    is($round->{summary}{failed_requests}, 4, 'requests end at --timeout');
    is($round->{requests}[0]{error}{class}, 'timeout_total', 'which says so');
    cmp_ok($round->{summary}{test_duration_s}, '>=', 40, 'not before it');
    cmp_ok($run->{seconds}, '<', 30, 'in a second of ours');
};

subtest 'without it nothing is said' => sub {
    delete local $ENV{FLUXPERF_CLOCK_RATE};
    my $run = fluxperf(@load, qw(-n 4 --mock-server --mock-port 0 --mock-ttft 1 --mock-itl 0.1), '-o', "$scratch/real");
    is($run->{exit}, 0, 'it ends well');
    unlike("$run->{err}$run->{out}", qr/clock/, 'not a word');
    ok(!exists round_file("$scratch/real", 4, 1)->{configuration}{clock_rate}, 'nor in the JSON');

    my $compare = fluxperf('compare', "$scratch/real", "$scratch/long");
    like($compare->{out}, qr/the clock was driven/, 'held against one that had it, that is noted');
};

subtest 'a rate that is none is refused' => sub {
    for my $rate (0, 1001, '2.5', 'fast') {
        local $ENV{FLUXPERF_CLOCK_RATE} = $rate;
        my $run = fluxperf('--version');
        is($run->{exit}, 2, "'$rate'");
        like($run->{err}, qr/FLUXPERF_CLOCK_RATE: "\Q$rate\E" is no whole number from 1 to 1000/, 'and the reason is said');
    }
};
done_testing;
