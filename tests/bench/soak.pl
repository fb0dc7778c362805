#!/usr/bin/perl
# Runs fluxperf against its built-in server for MINUTES at 500 streams, pass after pass, and fails when either
# grows: in descriptors at all, in memory beyond what buffers and the requests of the last minutes take.
# Usage: soak.pl FLUXPERF MINUTES
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../e2e/lib";
use List::Util qw(min);
use Time::HiRes qw(sleep time);

my ($fluxperf, $minutes) = @ARGV;
die "usage: soak.pl FLUXPERF MINUTES\n" unless $minutes;
$ENV{FLUXPERF} = $fluxperf;
require Fluxperf;
Fluxperf->import;

my ($streams, $tokens, $itl_ms) = (500, 150, 20);
my ($slack_kb, $at_hand_s) = (6 * 1024, 150);    # requests of rounds that were on so shortly ago are kept,
my $request_bytes = 320;                          # each with its record and its share of tables

sub resident_kb { return Fluxperf::slurp("/proc/$_[0]/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : 0 }
sub finished { my $count = () = Fluxperf::slurp($_[0]) =~ /"type":"request"/g; return $count }

my $scratch = Fluxperf::scratch();
my $seconds = 60 * $minutes;
my $a_second = $streams / ($tokens * $itl_ms / 1000);
my $rows = Fluxperf::dataset("$scratch/rows.jsonl", 4 * $streams);
my $mock = Fluxperf::mock('--ttft', 100, '--itl', $itl_ms);
my $run = Fluxperf::start('-d', $rows, '-u', $mock->{url}, '-c', $streams, qw(--free-run repeat --no-text),
    '--max-output-tokens', $tokens, '-o', "$scratch/out");
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
        # The least of a second: between two passes there may be more.
        descriptors => min(map { sleep 0.2; Fluxperf::descriptors($run->{pid}) } 1 .. 5),
    );
    %begin = %now if $part == 1;
    printf "%8.1f %10d %14d %14d %12d\n", (time - $begun) / 60, @now{qw(requests client server descriptors)};
    my $more = $now{requests} - $begin{requests};
    $more = $a_second * $at_hand_s if $more > $a_second * $at_hand_s;
    my $allowed_kb = $slack_kb + $more * $request_bytes / 1024;
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
sleep 0.2 while time < $begun + $seconds;
kill INT => $run->{pid};
Fluxperf::finish($run, 120);
Fluxperf::stop($mock->{pid});
my (@ends, %errors);
open my $journal, '<', "$scratch/out/journal.jsonl" or die "journal: $!";
while (<$journal>) {
    push @ends, JSON::PP->new->utf8->decode($_) if /^\{"type":"round_end"/;
    $errors{$1}++ if /^\{"type":"request".*?"error":"(\w+)"/ && $1 !~ /^(?:none|cancelled)$/;
}
die "it did not end well:\n$run->{err}" if $run->{exit} != 130 || !@ends;
my %sum;
for my $end (@ends) {
    $sum{$_} += $end->{$_} for qw(planned succeeded failed cancelled not_sent);
}
my ($lag) = sort { $b <=> $a } map { $_->{stamp_lag_p99_ns} } @ends;
printf "%d passes: of %d requests %d succeeded, %d were cancelled at the end, %d not sent; stamp lag P99 at most %.2f ms\n",
    scalar @ends, @sum{qw(planned succeeded cancelled not_sent)}, $lag / 1e6;
print "failed: $errors{$_} $_\n" for sort keys %errors;
# A machine that has no time for the client for 250 ms stalls what was in flight: that is no growth.
delete $errors{stalled_client};
$failed ||= %errors || $sum{planned} != $sum{succeeded} + $sum{failed} + $sum{cancelled} + $sum{not_sent};
print $failed ? "It grew, or requests failed.\n" : "Nothing grew.\n";
exit $failed;
