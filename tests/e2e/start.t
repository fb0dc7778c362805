#!/usr/bin/perl
# The start screen and the choice among runs, on a real terminal.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;
use Tmux;
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ } qw(output failure_output todo_output);

my $binary = $ENV{FLUXPERF} // "$ROOT/fluxperf";
my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 8);
my $mock = mock(qw(--ttft 2 --itl 0.1 --reply-tokens 3));
my $tmux = Tmux->new(24, 80);
$tmux->line("cd $scratch; export XDG_CONFIG_HOME=$scratch");
my $before = $tmux->run('stty -a');

subtest 'leaving it changes nothing' => sub {
    $tmux->line("clear; $binary; echo status=\$?");
    ok($tmux->wait_for(qr/start a run.*Enter start/s), 'it comes up without arguments');
    like($tmux->screen, qr/Will send +\d+ requests/, 'and says how much would be sent');
    $tmux->keys('q');
    ok($tmux->wait_for(qr/status=0/), 'q leaves');
    is($tmux->run('stty -a'), $before, 'the terminal is as it was');
    ok(!-e "$scratch/results", 'no file is made');
};

subtest 'a run that is typed into the fields' => sub {
    $tmux->line("clear; $binary; echo status=\$?");
    ok($tmux->wait_for(qr/start a run/), 'the screen is up');
    $tmux->keys('Tab', 'C-u');
    $tmux->bytes($mock->{url});
    $tmux->keys('Tab', 'C-u');
    $tmux->bytes($rows);
    $tmux->keys('Tab', 'C-u');
    $tmux->bytes('x2');
    ok($tmux->wait_for(qr/--concurrency x2: must be/), 'a wrong value is said');
    $tmux->keys('Enter');
    ok($tmux->wait_for(qr/▸Concurrency/), 'and does not start');
    $tmux->keys('C-u');
    $tmux->bytes('2');
    ok($tmux->wait_for(qr/Will send +16 requests in 1 level/), 'a right one is counted');
    $tmux->keys('Enter');
    ok($tmux->wait_for(qr/\[1 Live\].*DONE/s), 'Enter runs it on the screen');
    $tmux->keys('q');
    ok($tmux->wait_for(qr/status=0/), 'q leaves');
};

subtest 'the run among those in results/' => sub {
    $tmux->line("clear; $binary view; echo status=\$?");
    ok($tmux->wait_for(qr/runs in results.*mock-model/s), 'it is listed');
    $tmux->keys('Enter');
    ok($tmux->wait_for(qr/\[2 Rounds\]/), 'Enter opens it');
    $tmux->keys('q');
    ok($tmux->wait_for(qr/runs in results/), 'q goes back to the list');
    $tmux->keys('q');
    ok($tmux->wait_for(qr/status=0/), 'and leaves it');
    is($tmux->run('stty -a'), $before, 'the terminal is as it was');
};

done_testing;
