#!/usr/bin/perl
# Runs fluxperf against its built-in server for MINUTES at 500 streams, and fails when either grows: in
# descriptors at all, in memory beyond what each finished request may keep.
# Usage: soak.pl FLUXPERF MINUTES
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../e2e/lib";
use Time::HiRes qw(sleep time);

my ($fluxperf, $minutes) = @ARGV;
die "usage: soak.pl FLUXPERF MINUTES\n" unless $minutes;
$ENV{FLUXPERF} = $fluxperf;
require Fluxperf;
Fluxperf->import;

my ($streams, $tokens, $itl_ms) = (500, 150, 20);
my $request_bytes = 700;    # its record, and its share of tables that double
my $slack_kb = 6 * 1024;

sub resident_kb { return Fluxperf::slurp("/proc/$_[0]/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : 0 }
sub finished { my $count = () = Fluxperf::slurp($_[0]) =~ /"type":"request"/g; return $count }

my $scratch = Fluxperf::scratch();
my $seconds = 60 * $minutes;
my $rows = Fluxperf::dataset("$scratch/rows.jsonl", int($streams * $seconds / ($tokens * $itl_ms / 1000)) + 2 * $streams);
my $mock = Fluxperf::mock('--ttft', 100, '--itl', $itl_ms);
my $run = Fluxperf::start('-d', $rows, '-u', $mock->{url}, '-c', $streams, '--rounds', 1, '-z', $seconds,
    '--max-output-tokens', $tokens, '--no-text', '-o', "$scratch/out");
my $begun = time;
my %begin;
my $failed = 0;
$| = 1;
printf "%8s %10s %14s %14s %12s\n", 'minutes', 'requests', 'fluxperf KB', 'server KB', 'descriptors';
for my $part (1 .. 12) {
    # The first look is when all streams are busy and buffers have their size.
    sleep 0.2 while time < $begun + $seconds * (0.15 + 0.07 * ($part - 1));
    die "fluxperf ended early\n" . Fluxperf::slurp($run->{err_file}->filename) if !-e "/proc/$run->{pid}/status";
    my %now = (
        requests => finished("$scratch/out/journal.jsonl"),
        client => resident_kb($run->{pid}), server => resident_kb($mock->{pid}),
        descriptors => Fluxperf::descriptors($run->{pid}),
    );
    %begin = %now if $part == 1;
    printf "%8.1f %10d %14d %14d %12d\n", (time - $begun) / 60, @now{qw(requests client server descriptors)};
    my $allowed_kb = $slack_kb + ($now{requests} - $begin{requests}) * $request_bytes / 1024;
    for my $who (qw(client server)) {
        next if $now{$who} - $begin{$who} <= $allowed_kb;
        printf "%s grew by %d KB, %d are allowed\n", $who, $now{$who} - $begin{$who}, $allowed_kb;
        $failed = 1;
    }
    if ($now{descriptors} > $begin{descriptors} + 8) {
        printf "descriptors grew from %d to %d\n", $begin{descriptors}, $now{descriptors};
        $failed = 1;
    }
}
Fluxperf::finish($run, 120);
Fluxperf::stop($mock->{pid});
my ($end) = grep { $_->{type} eq 'round_end' } Fluxperf::read_jsonl("$scratch/out/journal.jsonl");
die "it did not end well:\n$run->{err}" if $run->{exit} || !$end;
printf "%d of %d requests succeeded, client %s, stamp lag P99 %.2f ms\n", @$end{qw(succeeded planned client)},
    $end->{stamp_lag_p99_ns} / 1e6;
$failed ||= $end->{failed};
print $failed ? "It grew, or requests failed.\n" : "Nothing grew.\n";
exit $failed;
