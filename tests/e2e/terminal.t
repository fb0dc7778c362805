#!/usr/bin/perl
# The terminal is given back whatever ends the run, one that nobody reads delays nothing but the
# drawing, and a script never meets the screen.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use LongRun;
use Pty;
use Test::More;
use Time::HiRes qw(sleep);
use Tmux;
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ } qw(output failure_output todo_output);

my $binary = $ENV{FLUXPERF} // "$ROOT/fluxperf";
my $scratch = scratch;

# A sanitizer reports a crash in its own way, and ends with a status of its own.
my $sanitized = slurp($binary) =~ /__(?:asan|tsan)_init/;
my $crash = $sanitized ? '\d+' : undef;
for my $case ([TERM => 143], [HUP => 129], [SEGV => $crash // 139], [ABRT => $crash // 134]) {
    my ($signal, $status) = @$case;
    subtest "SIG$signal" => sub {
        my $tmux = Tmux->new(24, 80);
        my $before = $tmux->settings;
        my ($words, $directory) = long_run(qw(--rounds 50));
        $tmux->line("clear; ulimit -c 0; @$words; echo status=\$?");
        $tmux->wait_for(qr/RUNNING/);
        kill $signal => $tmux->child;
        ok($tmux->wait_for(qr/status=$status\b/), "it ends with $status");
        is($tmux->settings, $before, 'the terminal is as it was');
        unlike($tmux->screen, qr/\[1 Live\]/, 'the screen is gone');
        return if $signal !~ /TERM|HUP/;
        ok(-e "$directory/metrics_summary.csv", 'files are written for what finished');
    };
}

subtest 'a terminal that disappears' => sub {
    my $tmux = Tmux->new(24, 80);
    my ($words, $directory) = long_run(qw(--rounds 50));
    $tmux->line("clear; @$words");
    $tmux->wait_for(qr/RUNNING/);
    $tmux->end;
    ok(wait_until(sub { -e "$directory/metrics_summary.csv" }), 'the run ends and writes its files');
    ok(slurp("$directory/journal.jsonl") =~ /"type":"run_end".*"interrupted"/, 'as on ^C');
};

# ---- a terminal that nobody reads

# A run on such a terminal, and where its files go.
sub frozen_run
{
    my ($words, $directory) = long_run(qw(--ui full --fps 60), @_);
    my $pty = Pty->new({rows => 60, cols => 200}, @$words);
    $pty->read_until(qr/RUNNING/, 20);
    $pty->freeze;
    return ($pty, $directory);
}

for my $case ([TERM => 143], [HUP => 129], ($sanitized ? () : [SEGV => 139])) {
    my ($signal, $status) = @$case;
    subtest "SIG$signal while nobody reads" => sub {
        my ($pty, $directory) = frozen_run(qw(--rounds 50));
        kill $signal => $pty->{pid};
        is($pty->finish_unread(20), $status, "it ends with $status all the same");
        is($pty->flags, $pty->{flags}, 'the terminal is set as it was');
        ok($signal eq 'SEGV' || -e "$directory/metrics_summary.csv", 'files are written for what finished');
    };
}

subtest '^C while nobody reads' => sub {
    my ($pty, $directory) = frozen_run(qw(--rounds 50));
    $pty->type("\x03");
    ok(wait_until(sub { -e "$directory/metrics_summary.csv" }), 'stops the run, and its files are written');
    $pty->type("\x03");
    $pty->read_for(0.5);
    is($pty->finish(20), 130, 'the second one leaves');
};

subtest 'a run that ends while nobody reads' => sub {
    my ($pty, $directory) = frozen_run(qw(-z 2 --rounds 1 --no-stay));
    ok(wait_until(sub { -e "$directory/metrics_summary.csv" }), 'its files are written at once');
    sleep 0.5;
    ok(!$pty->is_over, 'its report waits for who reads again');
    $pty->keep;
    is($pty->finish(20), 0, 'and then it ends');
    like($pty->{out}, qr/Round 1 Performance/, 'with the report');
};

subtest 'who reads again' => sub {
    my ($pty) = frozen_run(qw(-z 2 --rounds 1));
    $pty->resize(40, 120);
    sleep 1;
    $pty->keep;
    ok($pty->read_until(qr/\e\[2?J.*DONE/s), 'sees a whole screen as it is by now');
    $pty->type('q');
    is($pty->finish(20), 0, 'and leaves as always');
};

subtest '^Z while nobody reads' => sub {
    my ($pty, $directory) = frozen_run(qw(--rounds 50));
    kill TSTP => $pty->{pid};
    ok(wait_until(sub { $pty->is_stopped }), 'it is stopped');
    is($pty->flags, $pty->{flags}, 'the terminal is set as it was');
    kill CONT => $pty->{pid};
    $pty->keep;
    # Where it waits between rounds just then, RUNNING comes later as no more than the letters that differ.
    ok($pty->read_until(qr/\e\[\?1049h.*(?:RUNNING|WAITING)/s), 'and continued with a whole screen');
    kill TERM => $pty->{pid};
    is($pty->finish(20), 143, 'to its end');
};

subtest '^S does not freeze it' => sub {
    my ($words) = long_run(qw(--rounds 50 --ui full));
    my $pty = Pty->new({rows => 24, cols => 80}, @$words);
    $pty->read_until(qr/RUNNING/);
    $pty->type("\x13");
    sleep 0.2;
    $pty->keep;
    $pty->type('2');
    ok($pty->read_until(qr/Rounds\]/), 'it is a key like others');
};

# ---- a pager that stays open

subtest 'a pager delays neither signals nor the end' => sub {
    local $ENV{PAGER} = qq(sh -c "trap : INT HUP; echo \\\$\\\$ >$scratch/pager; while :; do sleep 0.1; done");
    my ($words, $directory) = long_run(qw(--rounds 50 --ui full));
    my $pty = Pty->new({rows => 24, cols => 80}, @$words);
    $pty->read_until(qr/RUNNING/);
    $pty->type('6');
    $pty->type('o');
    ok($pty->read_until(qr/\e\[\?1049l/), 'it has the terminal');
    $pty->type("\x03");
    $pty->read_for(0.5);
    ok(!$pty->is_over, '^C is for the pager');
    kill TERM => $pty->{pid};
    is($pty->finish(20), 143, 'SIGTERM ends the run');
    ok(-e "$directory/metrics_summary.csv", 'with its files');
    is($pty->flags, $pty->{flags}, 'and the terminal as it was');
    my $pager = slurp("$scratch/pager") + 0;
    ok(wait_until(sub { !kill 0 => $pager }), 'and the pager is ended too');
    kill KILL => $pager;
};

# ---- scripts

subtest 'a batch script needs nobody' => sub {
    my $tmux = Tmux->new(24, 80);
    my $rows = dataset("$scratch/rows.jsonl", 20);
    my $mock = mock(qw(--ttft 2 --itl 1 --reply-tokens 4));
    spew("$scratch/batch.sh", <<"SCRIPT");
#!/bin/bash
CONCURRENCIES="1 5 10 20 50 100"

for conc in \$CONCURRENCIES; do
    echo "Testing concurrency: \$conc"
    $binary \\
      --dataset $rows \\
      --endpoint $mock->{url}/v1/chat/completions \\
      --num-samples 20 \\
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
