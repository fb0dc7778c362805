# What the full screen costs: the main thread's share of a processor, bytes to the terminal, and
# whether figures are the same without it.
package Screen;

use strict;
use warnings;

use JSON::PP ();
use POSIX ();
use Bench;
use Fluxperf ();
use Pty;

my $number = 0;
use constant {STREAMS => 1000, ITL_MS => 20, ROWS => 60, COLS => 200, STOP_S => 20};

# CPU seconds of a process's first thread.
sub main_thread_cpu
{
    my ($pid) = @_;
    my @fields = split ' ', Fluxperf::slurp("/proc/$pid/task/$pid/stat") =~ s/^.*\) //r;
    return ($fields[11] + $fields[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

sub words
{
    my ($source, $ui, $directory) = @_;
    my $rows = Fluxperf::dataset("$bench{scratch}/rows.jsonl", STREAMS);
    return ($bench{fluxperf}, '-d', $rows, '-u', "127.0.0.1:$source->{port}", '-c', STREAMS, '--rounds', 1,
        '--ui', $ui, '--no-stay', '--overwrite', '--no-text', '-o', $directory);
}

# The probe is a whole answer of the source.
sub read_until_round
{
    my ($pty, $directory) = @_;
    for (1 .. 300) {
        $pty->read_for(0.1) or last;
        return if -e "$directory/journal.jsonl" && Fluxperf::slurp("$directory/journal.jsonl") =~ /^\{"type":"round"/m;
    }
    die "no round began\n";
}

# A round on a terminal that is read all the time; what it came to.
sub watch
{
    my ($ui, $tokens) = @_;
    my $source = start_source('--ttft', 100, '--itl', ITL_MS, '--tokens', $tokens);
    my $directory = "$bench{scratch}/screen-" . ++$number;
    my $errors = "$bench{scratch}/errors";
    my $pty = Pty->new({rows => ROWS, cols => COLS, stderr => $errors, core => $bench{client_core}},
        words($source, $ui, $directory));
    read_until_round($pty, $directory);
    $pty->read_for(2);
    my ($cpu, $bytes) = (main_thread_cpu($pty->{pid}), $pty->{bytes});
    $pty->read_for(5);
    my %seen = (cpu => (main_thread_cpu($pty->{pid}) - $cpu) / 5, bytes => ($pty->{bytes} - $bytes) / 5);
    my $status = $pty->finish(60);
    die "status $status with --ui $ui\n" . Fluxperf::slurp($errors) if $status;
    stop_source($source);
    my ($file) = glob "$directory/concurrency_*_round_1.json";
    $seen{figures} = JSON::PP->new->decode(Fluxperf::slurp($file))->{summary};
    return \%seen;
}

# Nobody reads for 20 s: how many lines the journal gained in that time, and what was skipped in all.
sub stop_reading
{
    my $source = start_source('--ttft', 100, '--itl', ITL_MS, '--tokens', 50);
    my $directory = "$bench{scratch}/stopped";
    my $rows = Fluxperf::dataset("$bench{scratch}/many.jsonl", 20000);
    my $pty = Pty->new({rows => ROWS, cols => COLS, core => $bench{client_core}}, $bench{fluxperf}, '-d', $rows,
        '-u', "127.0.0.1:$source->{port}", '-c', 500, '--rounds', 1, '-z', STOP_S + 6, '--ui', 'full', '--no-stay',
        '--overwrite', '--no-text', '-o', $directory);
    read_until_round($pty, $directory);
    $pty->read_for(2);
    my @sizes = (-s "$directory/journal.jsonl");
    for (1 .. STOP_S) {
        select undef, undef, undef, 1;
        push @sizes, -s "$directory/journal.jsonl";
    }
    my $status = $pty->finish(60);
    stop_source($source);
    my ($end) = grep { /^\{"type":"round_end"/ } split /\n/, Fluxperf::slurp("$directory/journal.jsonl");
    my $idle = grep { $sizes[$_] == $sizes[$_ - 1] } 1 .. $#sizes;
    return {status => $status, idle => $idle, skipped => JSON::PP->new->decode($end)->{chunk_events_skipped}};
}

sub print_screen
{
    title(sprintf 'The full screen at %d×%d over %d streams of %d tokens/s each', COLS, ROWS, STREAMS, 1000 / ITL_MS);
    my %runs = map { $_ => [] } qw(none full);
    push @{$runs{$_}}, watch($_, 450) for qw(none full none full);
    my ($worst_cpu, $worst_bytes) = map { my $what = $_; (sort { $b <=> $a } map { $_->{$what} } @{$runs{full}})[0] } qw(cpu bytes);
    line('main thread %.1f %% of a processor   aim 5: %s', 100 * $worst_cpu, judge('main thread with the screen, %', 100 * $worst_cpu, 5));
    line('to the terminal %.1f KB/s            aim 15: %s', $worst_bytes / 1000, judge('bytes to the terminal, KB/s', $worst_bytes / 1000, 15));
    note('                 P50 TTFT   P99 TTFT    P50 ITL    P99 ITL   ms');
    for my $ui (qw(none full)) {
        line('--ui %-8s' . ' %10.3f' x 4, $ui, map { $_->{figures}{p50_ttft}, $_->{figures}{p99_ttft},
            $_->{figures}{p50_itl}, $_->{figures}{p99_itl} } $_) for @{$runs{$ui}};
    }
    for my $figure (qw(p50_ttft p99_ttft p50_itl p99_itl)) {
        my ($none, $full) = map { least(map { $_->{figures}{$figure} } @{$runs{$_}}) } qw(none full);
        line('%-9s full / none %.3f   aim 1.05: %s', $figure, $full / $none, judge("$figure with the screen", $full / $none, 1.05));
    }
}

sub print_unread
{
    title(sprintf 'A terminal that is not read for %d s', STOP_S);
    my $stopped = stop_reading();
    line('the journal stood still in %d of them, %d chunk events were skipped, status %d   aim 0: %s',
        @$stopped{qw(idle skipped status)},
        judge('a terminal that is not read', $stopped->{idle} + $stopped->{skipped} + $stopped->{status}, 0));
}

1;
