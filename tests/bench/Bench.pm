# Starts sources and clients on processors of their own, and holds what fluxperf measured against the
# stamps that the source wrote into its chunks.
package Bench;

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../e2e/lib";
use Exporter qw(import);
use JSON::PP ();
use List::Util qw(max min);
use POSIX ();
use Time::HiRes qw(time);
use Fluxperf ();

our @EXPORT = qw(
    %bench title line note judge missed start_server start_source stop_source stop_all spawn_on cpu_of run_fluxperf
    run_loop truth_of quantile least ms
);

# fluxperf, programs (the folder of source, recv_loop and metrics_page), scratch, processors, source_core, client_core
our %bench;
my (@missed, %started);

sub begin
{
    my ($fluxperf, $programs) = @_;
    my $processors = () = Fluxperf::slurp('/proc/cpuinfo') =~ /^processor\s*:/mg;
    %bench = (
        fluxperf => $fluxperf, programs => $programs, scratch => Fluxperf::scratch(), ttft_ns => 100e6,
        processors => $processors, source_core => 0, client_core => $processors > 1 ? 1 : 0,
    );
    $| = 1;
}

END { my $status = $?; stop_all(); $? = $status }

# ---- the page

sub title { print "\n$_[0]\n" }
sub note { print "  $_[0]\n" }
sub line { my $format = shift; printf "  $format\n", @_ }
sub ms { return sprintf '%.3f', $_[0] / 1e6 }

# "ok" or that it misses its aim, which the page's end repeats.
sub judge
{
    my ($name, $value, $limit) = @_;
    return 'ok' if $value <= $limit;
    push @missed, sprintf '%s: %.4g, aim %.4g', $name, $value, $limit;
    return 'MISSES ITS AIM';
}

sub missed { return @missed }

# ---- programs

# Runs words on one processor, or on all where it is undef; returns the process.
sub spawn_on
{
    my ($core, $stdout, @words) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', $stdout or POSIX::_exit(127);
        open STDERR, '>', "$stdout.err" or POSIX::_exit(127);
        exec((defined $core ? ('taskset', '-c', $core) : ()), @words) or POSIX::_exit(127);
    }
    $started{$pid} = 1;
    return $pid;
}

sub end_process
{
    my ($pid) = @_;
    return unless delete $started{$pid};
    kill TERM => $pid;
    kill CONT => $pid;
    waitpid $pid, 0;
}

sub stop_all { end_process($_) for keys %started }

# A program that prints the port it listens to; returns {pid, port, log}.
sub start_server
{
    my ($name, @words) = @_;
    my $log = "$bench{scratch}/$name.log";
    unlink $log;
    my $pid = spawn_on($bench{source_core}, $log, @words);
    my $port;
    Fluxperf::wait_until(sub { -e $log && Fluxperf::slurp($log) =~ /:(\d+)\n/ and $port = $1 })
        or die "$name does not start\n";
    return {pid => $pid, port => $port, log => $log};
}

sub start_source { return start_server('source', "$bench{programs}/source", @_) }

# Ends it; returns what it says of itself: connections, opened_within_ms, and spans: "first tokens late", "later tokens late", "sending".
sub stop_source
{
    my ($source) = @_;
    end_process($source->{pid});
    return map { my $said = JSON::PP->new->decode($_); $said->{what} ? ($said->{what} => $said) : %$said }
        grep { /^\{/ } split /\n/, Fluxperf::slurp($source->{log});
}

# Waits for a process. Returns {cpu, wall, peak_kb}; dies when it failed. `meanwhile` is called each 20 ms.
sub wait_for
{
    my ($pid, $begun, $output, $meanwhile) = @_;
    my (undef, undef, undef, @before) = POSIX::times();
    my $peak_kb = 0;
    my $limit = $begun + 200;
    while (waitpid($pid, POSIX::WNOHANG()) == 0) {
        if (open my $status, '<', "/proc/$pid/status") {
            local $/;
            $peak_kb = $1 if (<$status> // '') =~ /^VmHWM:\s+(\d+)/m;
        }
        $meanwhile->(time - $begun) if $meanwhile;
        if (time > $limit) {
            end_process($pid);
            die "$output: it did not end\n";
        }
        select undef, undef, undef, 0.02;
    }
    my $wall = time - $begun;
    delete $started{$pid};
    die "status $?\n" . Fluxperf::slurp("$output.err") if $?;
    my (undef, undef, undef, @after) = POSIX::times();
    my $cpu = ($after[0] + $after[1] - $before[0] - $before[1]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
    return {cpu => $cpu, wall => $wall, peak_kb => $peak_kb};
}

# cpu_of(OUTPUT, WORDS): a whole command on the client's processor.
sub cpu_of
{
    my ($output, @words) = @_;
    my $begun = time;
    return wait_for(spawn_on($bench{client_core}, $output, @words), $begun, $output);
}

# The plain loop; what it prints.
sub run_loop
{
    my ($source, @arguments) = @_;
    my $output = "$bench{scratch}/loop";
    cpu_of($output, "$bench{programs}/recv_loop", $source->{port}, @arguments);
    return JSON::PP->new->decode(Fluxperf::slurp($output));
}

# run_fluxperf(SOURCE, {concurrency, requests, options, core, meanwhile}): one round. Returns {cpu, wall,
# peak_kb, directory, summary, health}. `core` => 'all' leaves it unpinned.
sub run_fluxperf
{
    my ($source, $run) = @_;
    my $directory = "$bench{scratch}/out";
    my $rows = Fluxperf::dataset("$bench{scratch}/rows.jsonl", $run->{requests});
    my $core = $run->{core} // $bench{client_core};
    my $begun = time;
    my $output = "$bench{scratch}/report";
    my $pid = spawn_on($core eq 'all' ? undef : $core, $output, @{$run->{wrap} // []}, $bench{fluxperf},
        '-d', $rows, '-u', "127.0.0.1:$source->{port}", '-c', $run->{concurrency}, '--rounds', 1, '--ui', 'none',
        '--overwrite', '-o', $directory, @{$run->{options} // []});
    my $result = wait_for($pid, $begun, $output, $run->{meanwhile} && sub { $run->{meanwhile}->($pid, @_) });
    open my $journal, '<', "$directory/journal.jsonl" or die "journal: $!";
    while (<$journal>) {
        $result->{health} = JSON::PP->new->decode($_) if /^\{"type":"round_end"/;
    }
    die "no round ended\n" unless $result->{health};
    $result->{directory} = $directory;
    $result->{chunks} = $result->{health}{chunk_events_made} + $result->{health}{chunk_events_skipped};
    return $result;
}

# ---- figures

sub quantile
{
    my ($sorted, $q) = @_;
    return 0 unless @$sorted;
    my $at = $q * $#$sorted;
    my $below = int $at;
    my $above = min($below + 1, $#$sorted);
    return $sorted->[$below] + ($at - $below) * ($sorted->[$above] - $sorted->[$below]);
}

# {p50, p99, max} of numbers.
sub spread
{
    my @sorted = sort { $a <=> $b } @_;
    return {p50 => quantile(\@sorted, 0.5), p99 => quantile(\@sorted, 0.99), max => $sorted[-1] // 0};
}

sub least { return min(@_) }

# What the journal of a run says, request by request, against the stamps in its replies. All in ns:
# {ttft, gap}{client, truth, error} and {itl}{client, truth}; {first}{lag, error} and {chunk}{error} are
# the delays from the source's send to the client's stamp; {worst} is the largest share by which a
# figure of the round is off, {worst_name} which one.
sub truth_of
{
    my ($directory) = @_;
    my ($origin, %all);
    open my $journal, '<', "$directory/journal.jsonl" or die "journal: $!";
    while (<$journal>) {
        $origin = $1 if /^\{"type":"run".*?"start_monotonic_ns":(\d+)/;
        next unless /^\{"type":"request".*?"sent_ns":(\d+),"first_byte/;
        my $sent = $1 + $origin;
        next unless /"error":"none"/;
        my ($token_ns) = /"first_token_ns":(\d+)/;
        my ($lag) = /"first_token_lag_ns":(\d+)/;
        my @stamps = map { $sent + 1000 * $_ } split /,/, /"chunk_us":\[([\d,]*)\]/ ? $1 : '';
        my ($reply) = /"reply":"([^"]*)"/ or next;
        my @said = $reply =~ /(\d+)/g;    # planned, sent, planned, sent …
        $stamps[0] = $token_ns + $origin;
        my @truth = @said[map { 2 * $_ + 1 } 0 .. $#stamps];
        next if @truth != @stamps || @truth < 2 || !defined $truth[-1];

        push @{$all{first_lag}}, $lag;
        push @{$all{first_error}}, $stamps[0] - $truth[0];
        push @{$all{chunk_error}}, map { $stamps[$_] - $truth[$_] } 0 .. $#stamps;
        my ($client_ttft, $true_ttft) = ($stamps[0] - $sent, $truth[0] - $said[0] + $bench{ttft_ns});
        push @{$all{ttft_client}}, $client_ttft;
        push @{$all{ttft_truth}}, $true_ttft;
        push @{$all{ttft_error}}, abs($client_ttft - $true_ttft);
        for my $i (1 .. $#stamps) {
            my ($client, $true) = ($stamps[$i] - $stamps[$i - 1], $truth[$i] - $truth[$i - 1]);
            push @{$all{gap_client}}, $client;
            push @{$all{gap_truth}}, $true;
            push @{$all{gap_error}}, abs($client - $true);
        }
        push @{$all{itl_client}}, ($stamps[-1] - $stamps[0]) / $#stamps;
        push @{$all{itl_truth}}, ($truth[-1] - $truth[0]) / $#stamps;
    }
    my %spread = map { $_ => spread(@{$all{$_}}) } keys %all;
    @spread{qw(requests worst worst_name)} = (scalar @{$all{first_lag} // []}, 0, '');
    for my $metric (qw(ttft itl gap)) {
        for my $q (qw(p50 p99)) {
            my ($client, $true) = map { $spread{"${metric}_$_"}{$q} } qw(client truth);
            my $off = $true ? abs($client / $true - 1) : 0;
            @spread{qw(worst worst_name)} = ($off, uc($metric) . ' ' . uc $q) if $off > $spread{worst};
        }
    }
    return \%spread;
}

1;
