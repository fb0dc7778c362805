#!/usr/bin/perl
# Holds fluxperf against the truth of a paced source and against the plainest client: see README.md.
# Usage: bench.pl FLUXPERF FOLDER-OF-SOURCE-AND-RECV_LOOP
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../e2e/lib";
use JSON::PP ();
use POSIX ();

my ($fluxperf, $programs) = @ARGV;
die "usage: bench.pl FLUXPERF FOLDER\n" unless defined $programs;
$ENV{FLUXPERF} = $fluxperf;
require Fluxperf;
Fluxperf->import;

my $processors = () = Fluxperf::slurp('/proc/cpuinfo') =~ /^processor\s*:/mg;
my ($source_core, $client_core) = $processors > 1 ? (0, 1) : (0, 0);
print "One processor: source and client share it, so the paced figures say little.\n" if $processors < 2;

my $scratch = Fluxperf::scratch();
my ($streams, $requests_each, $tokens) = (64, 10, 2000);
my ($ttft_ms, $itl_ms, $paced_tokens) = (100, 20, 50);

sub start_source
{
    my @options = @_;
    my $log = "$scratch/source.log";
    unlink $log;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', $log or POSIX::_exit(127);
        exec 'taskset', '-c', $source_core, "$programs/source", @options or POSIX::_exit(127);
    }
    my $port;
    Fluxperf::wait_until(sub { -e $log && Fluxperf::slurp($log) =~ /:(\d+)\n/ and $port = $1 })
        or die "the source does not start\n";
    return {pid => $pid, port => $port, log => $log};
}

# Ends it; returns what it says of its own lateness.
sub stop_source
{
    my ($source) = @_;
    kill TERM => $source->{pid};
    waitpid $source->{pid}, 0;
    return map { my $late = JSON::PP->new->decode($_); ($late->{late} => $late) }
        grep { /^\{/ } split /\n/, Fluxperf::slurp($source->{log});
}

# CPU seconds of a command, its children included; dies when it fails.
sub cpu_of
{
    my ($output, @words) = @_;
    my (undef, undef, undef, $user_before, $system_before) = POSIX::times();
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', $output or POSIX::_exit(127);
        open STDERR, '>', "$output.err" or POSIX::_exit(127);
        exec 'taskset', '-c', $client_core, @words or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    die "@words: status $?\n" . Fluxperf::slurp("$output.err") if $?;
    my (undef, undef, undef, $user, $system) = POSIX::times();
    return ($user + $system - $user_before - $system_before) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

# One round of `requests` at that concurrency; returns its CPU seconds, its JSON, its health.
sub run_fluxperf
{
    my ($source, $concurrency, $requests) = @_;
    my $directory = "$scratch/out";
    my $rows = Fluxperf::dataset("$scratch/rows.jsonl", $requests);
    my $cpu = cpu_of("$scratch/report", $fluxperf, '-d', $rows, '-u', "127.0.0.1:$source->{port}",
        '-c', $concurrency, '--rounds', 1, '--ui', 'none', '--no-text', '--overwrite', '-o', $directory);
    my ($health) = grep { $_->{type} eq 'round_end' } Fluxperf::read_jsonl("$directory/journal.jsonl");
    return ($cpu, Fluxperf::round_file($directory, $concurrency, 1), $health);
}

sub verdict { return $_[0] ? 'ok' : 'ABOVE ITS AIM' }

# ---- CPU per chunk

my $source = start_source('--saturate', '--tokens', $tokens);
my $requests = $streams * $requests_each;
my $chunks = $requests * $tokens;
my (@plain, @ours);
for (1 .. 3) {
    my $plain = "$scratch/plain";
    cpu_of($plain, "$programs/recv_loop", $source->{port}, $streams, $requests_each);
    push @plain, JSON::PP->new->decode(Fluxperf::slurp($plain))->{cpu_ns_per_chunk};
    my ($cpu, $round) = run_fluxperf($source, $streams, $requests);
    die "not all requests succeeded\n" if $round->{summary}{successful_requests} != $requests;
    push @ours, $cpu;
}
stop_source($source);

$source = start_source('--saturate', '--tokens', 1);
my ($start_up) = run_fluxperf($source, $streams, $requests);
stop_source($source);

# The least of three: what disturbs only adds.
my ($plain_ns) = sort { $a <=> $b } @plain;
my ($our_ns) = map { ($_ - $start_up) / $chunks * 1e9 } sort { $a <=> $b } @ours;
printf "CPU per chunk, %d streams as fast as they go\n", $streams;
printf "  plain loop %7.0f ns\n  fluxperf   %7.0f ns (%.3f s less %.3f s to start up, %d chunks)\n",
    $plain_ns, $our_ns, (sort { $a <=> $b } @ours)[0], $start_up, $chunks;
printf "  ratio      %7.2f    aim: 2.00 at most: %s\n", $our_ns / $plain_ns, verdict($our_ns <= 2 * $plain_ns);

# ---- against the truth

for my $case ([64, 128, 0.5, undef], [1024, 2048, 1, 5]) {
    my ($concurrency, $requests, $p50_aim, $p99_aim) = @$case;
    $source = start_source('--ttft', $ttft_ms, '--itl', $itl_ms, '--tokens', $paced_tokens);
    my ($cpu, $round, $health) = run_fluxperf($source, $concurrency, $requests);
    my %late = stop_source($source);
    my $summary = $round->{summary};
    my ($first, $later) = @late{'first tokens', 'later tokens'};
    my ($p50, $p99) = ($summary->{p50_ttft} - $ttft_ms, $summary->{p99_ttft} - $ttft_ms);

    printf "\nPaced, %d streams: %g ms to the first token, then one each %g ms (%d of %d succeeded)\n",
        $concurrency, $ttft_ms, $itl_ms, $summary->{successful_requests}, $requests;
    printf "  %-22s %9s %9s   %s\n", '', 'P50', 'P99', '';
    printf "  %-22s %6.3f ms %6.3f ms   aim: P50 %g%s: %s\n", 'TTFT, above the truth', $p50, $p99, $p50_aim,
        defined $p99_aim ? ", P99 $p99_aim" : '',
        verdict(abs $p50 <= $p50_aim && (!defined $p99_aim || abs $p99 <= $p99_aim));
    printf "  %-22s %6.3f ms %6.3f ms\n", 'the source was late by', $first->{p50_us} / 1e3, $first->{p99_us} / 1e3;
    printf "  %-22s %6.3f ms %6.3f ms   verdict: %s, loop busy %.0f %%\n", 'own stamp lag',
        $health->{stamp_lag_p50_ns} / 1e6, $health->{stamp_lag_p99_ns} / 1e6, $health->{client},
        100 * $health->{loop_busy};
    printf "  %-22s %6.3f ms %9s   later tokens were late by %.3f ms, P99 %.3f ms\n", 'ITL, off the truth',
        $summary->{p50_itl} - $itl_ms, '', $later->{p50_us} / 1e3, $later->{p99_us} / 1e3;
    printf "  %-22s %6.1f us\n", 'CPU per chunk', 1e6 * $cpu / ($requests * $paced_tokens);
}
