#!/usr/bin/perl
# The full screen on a real terminal: it comes up from a prompt, follows every size and every key,
# and leaves the terminal as it was.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use LongRun;
use Test::More;
use Time::HiRes qw(sleep);
use Tmux;
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ } qw(output failure_output todo_output);

subtest 'from a prompt to the report' => sub {
    my $tmux = Tmux->new(24, 80);
    my $before = $tmux->settings;
    my ($words, $directory) = long_run(qw(-n 20));
    $tmux->line("clear; @$words; echo status=\$?");
    ok($tmux->wait_for(qr/\[1 Live\].*DONE/s), 'the screen is up and stays after the run');
    like($tmux->screen, qr/TTFT ms.*ITL ms/, 'with plots');
    $tmux->keys('2');
    ok($tmux->wait_for(qr/\[2 Rounds\]/), 'keys choose the view');
    $tmux->keys('Escape');
    sleep 0.3;
    like($tmux->screen, qr/\[2 Rounds\]/, 'Esc does not quit');
    $tmux->keys('q');
    ok($tmux->wait_for(qr/status=0/), 'q leaves');
    like($tmux->screen, qr/^L1 C=4 .*\n(.*\n)?files are in \Q$directory\E\n.*fluxperf view \Q$directory\E/m,
        'one line a level, then the directory and how to see it again, come last');
    unlike($tmux->screen, qr/\[1 Live\]/, 'the screen is gone');
    is($tmux->settings, $before, 'the terminal is as it was');
    ok(-e "$directory/metrics_summary.csv", 'files are written');
};

subtest 'every size, while it runs' => sub {
    my $tmux = Tmux->new(40, 120);
    my ($words) = long_run(qw(--rounds 50));
    $tmux->line("clear; @$words; echo status=\$?");
    ok($tmux->wait_for(qr/RUNNING/), 'it runs');
    for my $size ([60, 200], [24, 80], [15, 60], [14, 60], [3, 40], [1, 20], [40, 120]) {
        my ($height, $width) = @$size;
        $tmux->resize(@$size);
        my $expected = $height < 15 ? qr/^L1 R\d / : qr/\[1 Live\]/;
        ok($tmux->wait_for($expected), "${width}x$height");
        is(scalar(grep { length > $width } split /\n/, $tmux->screen), 0, 'no line is too long');
    }
    $tmux->keys('C-c');
    ok($tmux->wait_for(qr/ENDED EARLY/), '^C stops the run and stays');
    $tmux->keys('C-c');
    ok($tmux->wait_for(qr/status=130/), 'and leaves when it comes again');
};

subtest 'suspended and brought back' => sub {
    my $tmux = Tmux->new(24, 80);
    my $before = $tmux->settings;
    my ($words) = long_run(qw(--rounds 50));
    $tmux->line("clear; @$words; echo status=\$?");
    $tmux->wait_for(qr/RUNNING/);
    $tmux->keys('C-z');
    ok($tmux->wait_for(qr/suspend in mid-run\?/), '^Z asks');
    $tmux->keys('Escape');
    ok($tmux->wait_for(qr/p pause/), 'and Esc goes on');
    $tmux->keys('C-z', 'Enter');
    ok($tmux->wait_for(qr/Stopped/), 'Enter suspends');
    is($tmux->settings, $before, 'the shell has its terminal');
    $tmux->line('fg');
    ok($tmux->wait_for(qr/\[1 Live\].*RUNNING/s), 'fg brings the screen back');
    kill STOP => $tmux->child;
    ok($tmux->wait_for(qr/Stopped/), 'SIGSTOP cannot be seen coming');
    $tmux->line('clear; fg');
    ok($tmux->wait_for(qr/\[1 Live\].*RUNNING/s), 'but fg brings the screen back after it too');
    $tmux->keys('q');
    ok($tmux->wait_for(qr/stop, write what finished, leave/), 'q asks in mid-run');
    $tmux->keys('y');
    ok($tmux->wait_for(qr/ready>/), 'y leaves');
    is($tmux->settings, $before, 'the terminal is as it was');
};

subtest 'a list of runs, suspended and brought back' => sub {
    my $tmux = Tmux->new(24, 80);
    my $before = $tmux->settings;
    my $scratch = scratch;
    my ($words) = long_run(qw(-n 4 --rounds 1 --ui none));
    $tmux->run("cd $scratch; @$words -o results/one", 30);
    $tmux->line("clear; $words->[0] view");
    ok($tmux->wait_for(qr/runs in results.*Enter open/s), 'the list') or diag($tmux->screen);
    for my $signal (qw(TSTP STOP)) {
        kill $signal => $tmux->child;
        ok($tmux->wait_for(qr/Stopped/), "SIG$signal stops it");
        is($tmux->settings, $before, 'the shell has its terminal') if $signal eq 'TSTP';
        $tmux->line('clear; fg');
        ok($tmux->wait_for(qr/runs in results.*Enter open/s), 'fg brings the screen back') or diag($tmux->screen);
    }
    $tmux->keys('q');
    ok($tmux->wait_for(qr/ready>/), 'q leaves');
    is($tmux->settings, $before, 'the terminal is as it was');
};

subtest 'keys that change the run' => sub {
    my $tmux = Tmux->new(40, 120);
    my ($words, $directory) = long_run(qw(--rounds 50));
    $tmux->line("clear; @$words; echo status=\$?");
    $tmux->wait_for(qr/RUNNING/);
    $tmux->keys('+');
    ok($tmux->wait_for(qr/load 4 → 5\?/), 'the first change of load asks');
    $tmux->keys('+', '+', '-');
    ok($tmux->wait_for(qr/load 4 → 6\?/), 'more presses are one question');
    $tmux->keys('Enter');
    ok($tmux->wait_for(qr/L1 C=4→6/), 'and marks the level');
    $tmux->keys('+');
    ok($tmux->wait_for(qr/L1 C=4→6→8/), 'the next does not ask');
    $tmux->keys('p');
    ok($tmux->wait_for(qr/PAUSED/), 'p pauses');
    $tmux->keys('p');
    ok($tmux->wait_for(qr/RUNNING/), 'and goes on');
    # A press and a release at column 16 of row 2, as a terminal inside tmux tells them.
    my $place = chr(32 + 16) . chr(32 + 2);
    $tmux->bytes("\e[M $place\e[M#$place");
    ok($tmux->wait_for(qr/\[2 Rounds\]/), 'a click chooses a view');
    $tmux->keys('1', 'q');
    $tmux->wait_for(qr/go on/);
    $tmux->keys('b');
    ok($tmux->wait_for(qr/the run goes on/), 'b leaves the screen');
    ok($tmux->wait_for(qr/L1\/1 .* in flight/), 'and the run goes on with plain progress');
    $tmux->keys('C-c');
    ok($tmux->wait_for(qr/status=130/), '^C ends it');
    ok(slurp("$directory/journal.jsonl") =~ /"type":"segment"/, 'the journal has the change');
};

subtest 'the rate of an open loop' => sub {
    my $tmux = Tmux->new(40, 120);
    my ($words, $directory) = long_run(qw(--rounds 1 -n 60 --request-rate 10));
    $tmux->line("clear; @$words; echo status=\$?");
    $tmux->wait_for(qr/RUNNING/);
    $tmux->keys('+');
    ok($tmux->wait_for(qr/rate 10 → 12\?/), 'the first change asks');
    $tmux->keys('Enter');
    ok($tmux->wait_for(qr/L1 10→12 req\/s/), 'and marks the level');
    $tmux->keys('L');
    $tmux->wait_for(qr/requests a second, now 12:/);
    $tmux->line('80');
    ok($tmux->wait_for(qr/L1 10→12→80 req\/s.*DONE/s), 'a typed one too, and the round ends the sooner');
    $tmux->keys('q');
    ok($tmux->wait_for(qr/status=0/), 'it is left');
    my ($file) = glob "$directory/*round_1.json";
    my @rates = map { $_->{request_rate} } @{read_json($file)->{summary}{segments}};
    is("@rates", '10 12 80', 'the file has the figures of each rate apart');
};

# Tab until the form's field of that label is at hand.
sub go_to
{
    my ($tmux, $label) = @_;
    for (1 .. 40) {
        my ($at) = $tmux->screen =~ /▸(.{12})/;
        return 1 if defined $at && $at =~ /^\Q$label\E/;
        $tmux->keys('Tab');
        # A second key before the first one shows would step over a field.
        $tmux->wait_for(defined $at ? qr/▸(?!\Q$at\E)/ : qr/▸/);
    }
    return 0;
}

subtest 'a level with another dataset, from the form' => sub {
    my $scratch = scratch;
    my $other = "$scratch/other.jsonl";
    spew($other, join '', map { qq({"text":"another dataset, row $_, with many more words than the limit lets pass"}\n) } 1 .. 3);
    spew("$scratch/bad.jsonl", qq({"text":"good"}\n{"txt":"not known"}\n));
    my $tmux = Tmux->new(24, 80);
    my ($words, $directory) = long_run(qw(-n 6 --save-requests));
    $tmux->line("clear; @$words; echo status=\$?");
    ok($tmux->wait_for(qr/DONE/), 'the run waits for more');
    $tmux->keys('t');
    ok($tmux->wait_for(qr/tune: from L1/), 't opens the form');
    ok(go_to($tmux, 'Dataset'), 'the form has a dataset');
    $tmux->line("$scratch/bad.jsonl");
    ok($tmux->wait_for(qr/bad\.jsonl:2: /), 'a bad one is said with its line');
    $tmux->keys('Enter');
    ok($tmux->wait_for(qr/▸Dataset/), 'and is not queued');
    $tmux->keys('C-u');
    $tmux->command('send-keys', '-l', $other);
    ok($tmux->wait_for(qr/3\s+rows/), 'a good one with its rows');
    ok(go_to($tmux, 'Max input'), 'prompts can be cut');
    $tmux->keys('5');
    ok($tmux->wait_for(qr/--dataset .* --max-input-length 5/s), 'the command says both');
    $tmux->keys('Enter', 'Enter');
    ok($tmux->wait_for(qr/L2 C=4  R2\/2 .*DONE/s), 'the level runs');
    $tmux->keys('2');
    ok($tmux->wait_for(qr/L2 C=4 .*\n\s+--dataset \S+ --max-input-length 5/), 'and says what was other about it');
    $tmux->keys('q');
    ok($tmux->wait_for(qr/status=0/), 'and the run ends');

    my ($first, $second) = map { read_json($_) } (sort glob "$directory/*round_2*.json");
    my @prompts = map { $_->{prompt} } @{$second->{requests}};
    is(scalar(grep { /^another dataset, row/ } @prompts), 3, 'its requests are those of the file');
    is($second->{configuration}{dataset}, $other, 'which is named');
    is($second->{configuration}{options}{max_input_length}, 5, 'with the limit');
    is($first->{configuration}{options}{max_input_length}, undef, 'that the first level had not');
    my @bodies = grep { $_->{level} == 2 } read_jsonl("$directory/bodies.jsonl");
    ok(@bodies == 3 && !grep({ $_->{body}{messages}[0]{content} =~ /limit lets pass/ } @bodies),
        'what was sent is cut');
};

done_testing;
