#!/usr/bin/perl
# The terminal is given back whatever ends the run, and a script never meets the screen.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;
use Time::HiRes qw(sleep);
use Tmux;
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ } qw(output failure_output todo_output);

my $binary = $ENV{FLUXPERF} // "$ROOT/fluxperf";
my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 400);
my $mock = mock(qw(--ttft 20 --itl 5 --reply-tokens 8));
my $number = 0;

# A command line, and where its files go.
sub long_run
{
    my $directory = "$scratch/run" . ++$number;
    return ("$binary -d $rows -u $mock->{url} -c 4 -o $directory @_", $directory);
}

# A sanitizer reports a crash in its own way, and ends with a status of its own.
my $crash = slurp($binary) =~ /__(?:asan|tsan)_init/ ? '\d+' : undef;
for my $case ([TERM => 143], [HUP => 129], [SEGV => $crash // 139], [ABRT => $crash // 134]) {
    my ($signal, $status) = @$case;
    subtest "SIG$signal" => sub {
        my $tmux = Tmux->new(24, 80);
        my $before = $tmux->settings;
        my ($line, $directory) = long_run('--rounds 50');
        $tmux->line("clear; ulimit -c 0; $line; echo status=\$?");
        $tmux->wait_for(qr/RUNNING/);
        my ($shell) = $tmux->command('list-panes', '-F', '#{pane_pid}') =~ /(\d+)/;
        my ($pid) = split ' ', slurp("/proc/$shell/task/$shell/children");
        kill $signal => $pid;
        ok($tmux->wait_for(qr/status=$status\b/), "it ends with $status");
        is($tmux->settings, $before, 'the terminal is as it was');
        unlike($tmux->screen, qr/\[1 Live\]/, 'the screen is gone');
        return if $signal !~ /TERM|HUP/;
        ok(-e "$directory/metrics_summary.csv", 'files are written for what finished');
    };
}

subtest 'a terminal that disappears' => sub {
    my $tmux = Tmux->new(24, 80);
    my ($line, $directory) = long_run('--rounds 50');
    $tmux->line("clear; $line");
    $tmux->wait_for(qr/RUNNING/);
    $tmux->end;
    ok(wait_until(sub { -e "$directory/metrics_summary.csv" }), 'the run ends and writes its files');
    ok(slurp("$directory/journal.jsonl") =~ /"type":"run_end".*"interrupted"/, 'as on ^C');
};

subtest 'a batch script needs nobody' => sub {
    my $tmux = Tmux->new(24, 80);
    spew("$scratch/batch.sh", <<"SCRIPT");
#!/bin/bash
CONCURRENCIES="1 5 10 20 50 100"

for conc in \$CONCURRENCIES; do
    echo "Testing concurrency: \$conc"
    $binary \\
      --dataset $rows \\
      --endpoint $mock->{url}/v1/chat/completions \\
      --num-samples 100 \\
      --concurrency \$conc \\
      --output-dir $scratch/results/conc_\$conc
done
SCRIPT
    $tmux->line("clear; bash $scratch/batch.sh; echo status=\$?");
    ok($tmux->wait_for(qr/status=0/, 60), 'it ends by itself');
    my @reports = $tmux->history =~ /Concurrency: (\d+) \| Round 2 Performance/g;
    is("@reports", '1 5 10 20 50 100', 'with six reports');
};

done_testing;
