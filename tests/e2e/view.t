#!/usr/bin/perl
# The screens of runs on disk: `view DIR` and `fluxperf DIR`, played from a script.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 60);
my $run = fluxperf({cwd => "$scratch"}, '-d', $rows, qw(--mock-server --mock-port 0 --mock-ttft 2 --mock-itl 0.1),
    qw(--max-output-tokens 3 -c 4 --rounds 3 -o results/one));
is($run->{exit}, 0, 'a run') or diag($run->{err});

sub played
{
    my ($keys, @words) = @_;
    spew("$scratch/script", "$keys\n:dump screen\n");
    unlink "$scratch/screen";
    my $shown = fluxperf({cwd => "$scratch", env => {FLUXPERF_UI_SCRIPT => "$scratch/script"}}, @words);
    is($shown->{exit}, 0, "@words: exit status") or diag($shown->{err});
    return -e "$scratch/screen" ? slurp("$scratch/screen") : '';
}

my $cache = played('5', 'view', 'results/one');
like($cache, qr/\[5 Cache\]/, 'a view is open');
like($cache, qr/paired on 60 prompts/, 'it compares the rounds');
like($cache, qr/^ R3 /m, 'and lists each');
is(played('5', 'results/one'), $cache, 'a directory alone opens the same');
like(played('4', 'view', 'results/one'), qr/server metrics .*prefix hit tokens/s, 'the metrics that were read');

# Without a directory there is a choice first; what is typed behind it is for what was chosen.
my $choice = played(":dump choice\nDown /  o n e Enter\nEnter 5", 'view');
like($choice, qr/\[5 Cache\]/, 'a run that was chosen is open');
like(slurp("$scratch/choice"), qr/runs in results.*mock-model/s, 'from those in results/');
my $start = played('Tab Tab Tab ^U 7');
like($start, qr/start a run.*--concurrency 7/s, 'the start page too is played from a script');

my $missing = fluxperf({cwd => "$scratch", env => {FLUXPERF_UI_SCRIPT => "$scratch/script"}}, 'view', 'results/none');
is($missing->{exit}, 1, 'a directory that is not there');
like($missing->{err}, qr/results\/none is no directory/, 'is named');
my $refused = fluxperf({cwd => "$scratch"}, 'view', 'results/one');
is($refused->{exit}, 2, 'without a terminal');
like($refused->{err}, qr/no terminal.*export DIR --format text/, 'it says what prints a run');

done_testing;
