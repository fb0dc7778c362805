# What fluxperf measured against what the source did, at rising load, with disturbance, and across a stop.
package Accuracy;

use strict;
use warnings;
use Bench;

# streams, ms between tokens, tokens, requests; aims for 1,024 streams of 50 tokens a second
my @loads = (
    [1, 20, 50, 6], [64, 20, 50, 256], [256, 20, 50, 768], [1024, 20, 50, 3072],
    [4096, 80, 25, 8192], [8000, 160, 20, 16000],
);
my %aim = (ttft_p50 => 0.5, ttft_p99 => 5, gap_p99 => 3);

sub measure
{
    my ($streams, $itl_ms, $tokens, $requests, %more) = @_;
    my $source = start_source('--ttft', 100, '--itl', $itl_ms, '--tokens', $tokens);
    my $run = run_fluxperf($source, {concurrency => $streams, requests => $requests, %more});
    $run->{source} = {stop_source($source)};
    $run->{truth} = truth_of($run->{directory});
    return $run;
}

sub header
{
    note('                        TTFT error ms          gap error ms        delay of first chunks ms      of all');
    note('streams  each ms     P50     P99     max      P50     P99     max   said/true P50  said/true P99  '
        . 'said/true P99  worst figure        verdict');
}

sub row
{
    my ($name, $itl_ms, $run) = @_;
    my ($truth, $health) = @$run{qw(truth health)};
    my ($said, $true) = @$truth{qw(first_lag first_error)};
    line('%-8s %6g  %7s %7s %7s  %7s %7s %7s  %6s/%-6s  %6s/%-6s  %6s/%-6s  %5.2f %% of %-8s  %s', $name, $itl_ms,
        (map { ms($truth->{ttft_error}{$_}) } qw(p50 p99 max)), (map { ms($truth->{gap_error}{$_}) } qw(p50 p99 max)),
        ms($said->{p50}), ms($true->{p50}), ms($said->{p99}), ms($true->{p99}),
        ms($health->{stamp_lag_p99_ns}), ms($truth->{chunk_error}{p99}), 100 * $truth->{worst}, $truth->{worst_name}, $health->{client});
}

# A figure may be off by a tenth only where the verdict says so.
sub judge_verdict
{
    my ($name, $run) = @_;
    judge("$name: a figure is off while the verdict is ok, %", 100 * $run->{truth}{worst}, 10)
        if $run->{health}{client} eq 'ok';
}

# The delay runs from the source's stamp. The kernel has the bytes a little later, within the call to send.
sub judge_lag
{
    my ($name, $run) = @_;
    for my $q (qw(p50 p99)) {
        my $sending_ns = 1e3 * $run->{source}{sending}{"${q}_us"};
        my ($said, $true) = map { $run->{truth}{$_}{$q} } qw(first_lag first_error);
        my $off = $said > $true ? $said - $true : $said < $true - $sending_ns ? $true - $sending_ns - $said : 0;
        judge("$name: the lag that is said against the delay that was, $q, % off", 100 * $off / $true, 20);
    }
}

sub print_loads
{
    title('Against the truth: a source that writes its instants into each chunk, 100 ms to the first token');
    header();
    for my $load (@loads) {
        my ($streams, $itl_ms) = @$load;
        my $run = measure(@$load);
        row($streams, $itl_ms, $run);
        judge_verdict("$streams streams", $run);
        judge_lag("$streams streams", $run);
        next if $streams != 1024;
        my ($ttft, $gap) = @{$run->{truth}}{qw(ttft_error gap_error)};
        judge('1024 streams: TTFT error P50, ms', $ttft->{p50} / 1e6, $aim{ttft_p50});
        judge('1024 streams: TTFT error P99, ms', $ttft->{p99} / 1e6, $aim{ttft_p99});
        judge('1024 streams: gap error P99, ms', $gap->{p99} / 1e6, $aim{gap_p99});
    }
}

sub with_busy_threads
{
    my ($count, $work) = @_;
    my @pids = map { spawn_on($bench{client_core}, '/dev/null', 'perl', '-e', '1 while 1') } 1 .. $count;
    my $result = eval { $work->() };
    my $failure = $@;
    Bench::end_process($_) for @pids;
    die $failure if $failure;
    return $result;
}

sub print_disturbed
{
    title("Two busy threads on the client's processor");
    header();
    for my $load ([64, 20, 50, 256], [256, 20, 50, 768]) {
        my $run = with_busy_threads(2, sub { measure(@$load) });
        row(@$load[0, 1], $run);
        judge_verdict("$load->[0] streams beside two busy threads", $run);
        judge_lag("$load->[0] streams beside two busy threads", $run);
    }
}

# Stops the client once, `ms` long, when its second 64 requests begin to stream.
sub stopping
{
    my ($milliseconds) = @_;
    my $done;
    return sub {
        my ($pid, $age) = @_;
        return if $done || $age < 2.35;
        $done = 1;
        kill STOP => $pid;
        select undef, undef, undef, $milliseconds / 1000;
        kill CONT => $pid;
    };
}

sub print_stopped
{
    title('Stopped once while it streams (what was in flight for more than 250 ms of it is left out)');
    header();
    for my $milliseconds (100, 200, 1000) {
        my $run = measure(64, 20, 50, 256, meanwhile => stopping($milliseconds));
        row("$milliseconds ms", 20, $run);
        judge_verdict("stopped for $milliseconds ms", $run);
        judge_lag("stopped for $milliseconds ms", $run);
    }
}

sub print_overload
{
    title('Beyond what one processor carries: the verdict must turn before the figures do');
    header();
    for my $load ([1024, 15, 60, 2048], [1024, 10, 90, 2048], [1024, 6, 120, 2048]) {
        my $run = measure(@$load);
        row(@$load[0, 1], $run);
        judge_verdict("$load->[0] streams each $load->[1] ms", $run);
    }
}

1;
