#!/usr/bin/perl
# The machine that fluxperf runs on fails: its limits, its disk, its clock, and being stopped.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Outcome;
use Test::More;
use Time::HiRes qw(sleep);

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 60);
my @short = ('--rounds', 1, '--max-output-tokens', 4);

# Runs what stands behind it under a shell's limit.
sub limited { return {wrap => ['sh', '-c', "ulimit $_[0] && exec \"\$@\"", 'sh']} }

sub begun
{
    my ($directory) = @_;
    return wait_until(sub { -e "$directory/journal.jsonl" && slurp("$directory/journal.jsonl") =~ /"type":"request"/ });
}

subtest '64 descriptors' => sub {
    my $mock = mock(qw(--ttft 1 --itl 0.1));
    my $refused = fluxperf(limited('-n 64'), '-d', $rows, '-u', $mock->{url}, '-c', 20, @short, '-o', "$scratch/few");
    is($refused->{exit}, 1, 'more streams than fit are refused');
    like($refused->{err}, qr/20 streams at once need 84 file descriptors, the limit is 64/, 'with both figures');
    ok(!-e "$scratch/few/journal.jsonl", 'before anything is sent');
    my $fits = fluxperf(limited('-n 90'), '-d', $rows, '-u', $mock->{url}, '-c', 20, @short, '-o', "$scratch/fits");
    is($fits->{exit}, 0, 'what was computed does fit') or diag($fits->{err});
    is(classes("$scratch/fits", 20)->{none}, 60, 'all succeed');
    accounted("$scratch/fits", 'descriptors');
    stop($mock->{pid});
};

subtest 'a server with 64 descriptors' => sub {
    my $mock = mock(qw(--ttft 20 --itl 1));
    system 'prlimit', '--pid', $mock->{pid}, '--nofile=64' and plan skip_all => 'prlimit is not permitted';
    my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '-c', 60, @short, '--timeout', 1, '-o', "$scratch/full");
    stop($mock->{pid});
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    accounted("$scratch/full", 'a full server');
};

my $sanitized = slurp($ENV{FLUXPERF} // "$ROOT/fluxperf") =~ /__asan_|__tsan_/;

SKIP: {
    skip 'a sanitizer takes more memory than the limit', 1 if $sanitized;
    subtest 'too little memory' => sub {
        my $mock = mock(qw(--ttft 1 --itl 0.1));
        my $many = dataset("$scratch/many.jsonl", map { "sample-$_ " . 'word ' x 400 } 1 .. 20000);
        my $run = fluxperf(limited('-v 130000'), '-d', $many, '-u', $mock->{url}, '-c', 60, @short, '-o', "$scratch/memory");
        stop($mock->{pid});
        isnt($run->{exit}, 0, 'it ends');
        is($run->{signal}, 0, 'without a crash');
        like($run->{err}, qr/out of memory|cannot/i, 'and says why');
    };
}

subtest 'the directory is removed in mid-run' => sub {
    my $mock = mock(qw(--ttft 10 --itl 2));
    my $run = start('-d', $rows, '-u', $mock->{url}, '-c', 4, @short, '-o', "$scratch/removed");
    ok(begun("$scratch/removed"), 'a run is on');
    system 'rm', '-rf', "$scratch/removed";
    finish($run, 20);
    stop($mock->{pid});
    is($run->{exit}, 1, 'exit status');
    like($run->{err}, qr{\Q$scratch/removed\E.*No such file}s, 'the reason is said');
    like($run->{out}, qr/Total Requests: 60 /, 'the report is whole all the same');
};

subtest 'stopped for five seconds, then continued' => sub {
    my $mock = mock(qw(--ttft 5 --itl 10));
    my $run = start('-d', $rows, '-u', $mock->{url}, '-c', 4, '--rounds', 1, '--max-output-tokens', 20,
        '-o', "$scratch/stopped");
    ok(begun("$scratch/stopped"), 'a run is on');
    kill STOP => $run->{pid};
    sleep 5;
    kill CONT => $run->{pid};
    finish($run, 20);
    stop($mock->{pid});
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    my $round = round_file("$scratch/stopped", 4, 1);
    my %class = %{classes("$scratch/stopped", 4, 'all')};
    cmp_ok($class{stalled_client} // 0, '>', 0, 'what was in flight is marked');
    is(($class{stalled_client} // 0) + ($class{none} // 0), 60, 'nothing else fails');
    cmp_ok($round->{summary}{max_latency}, '<', 4000, 'and no latency has the stop in it');
    accounted("$scratch/stopped", 'stopped');
};

subtest 'the clock is set back by an hour' => sub {
    my ($library) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';
    plan skip_all => 'libfaketime is not here' unless $library;
    plan skip_all => 'libfaketime takes the place of what a sanitizer looks at' if $sanitized;
    my $mock = mock(qw(--ttft 20 --itl 5));
    my $clock = spew("$scratch/clock", '+0');
    my $run = start({env => {LD_PRELOAD => $library, FAKETIME_TIMESTAMP_FILE => $clock, FAKETIME_NO_CACHE => 1,
        FAKETIME_DONT_FAKE_MONOTONIC => 1}},
        '-d', $rows, '-u', $mock->{url}, '-c', 4, @short, '-o', "$scratch/clockwork");
    ok(begun("$scratch/clockwork"), 'a run is on');
    spew($clock, '-3600');
    finish($run, 20);
    stop($mock->{pid});
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    my $round = round_file("$scratch/clockwork", 4, 1);
    is_deeply(classes("$scratch/clockwork", 4), {none => 60}, 'all succeed');
    cmp_ok($round->{summary}{min_ttft}, '>', 10, 'no time went backwards');
    cmp_ok($round->{summary}{max_ttft}, '<', 3_000_000, 'and none jumped');
    cmp_ok($round->{summary}{test_duration_s}, '<', 60, 'nor did the duration');
    accounted("$scratch/clockwork", 'clock');
};
done_testing;
