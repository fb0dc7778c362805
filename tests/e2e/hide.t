#!/usr/bin/perl
# A level that failed as an experiment is hidden with x: on the screen, in comparisons and in the list of runs. Files
# and journal keep its figures, marked.
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
my $rows = dataset("$scratch/rows.jsonl", 4);
my $common = "-d $rows --mock-server --mock-port 0 --mock-ttft 1 --mock-itl 1 --max-output-tokens 3 -c 2 3 4";
is(fluxperf({cwd => $scratch}, split(/ /, $common), qw(-o results/whole --ui none))->{exit}, 0, 'a run with nothing hidden');

my $terminal = Tmux->new(24, 80);
$terminal->line("cd $scratch && clear; $binary $common -o results/out --ui full; echo left=\$?");
ok($terminal->wait_for(qr/L3 C=4\s+R2/, 30), 'a run of three levels');
$terminal->keys('2');
ok($terminal->wait_for(qr{L3 C=4\s+2/2 }, 20), 'is over but for its user');
$terminal->keys('k', 'x');
ok($terminal->wait_for(qr/L2 is hidden/), 'x hides a level');
ok($terminal->wait_for(qr/1 hidden: Esc shows them/), 'and says how many are');
unlike($terminal->screen, qr/L2 C=3/, 'it is out of sight');
$terminal->keys('Escape');
ok($terminal->wait_for(qr/L2 C=3/), 'Esc shows it again');
$terminal->keys('x');
ok($terminal->wait_for(qr/1 hidden/), 'or it stays hidden');
$terminal->keys('Q');
$terminal->keys('y') if $terminal->wait_for(qr/Esc/, 2);
ok($terminal->wait_for(qr/left=0/, 20), 'the end') or diag($terminal->screen);

my @lines = grep { $_->{type} eq 'hide' } read_jsonl("$scratch/results/out/journal.jsonl");
is(join(' ', map { "L$_->{level}=" . ($_->{hidden} ? 'hidden' : 'shown') } @lines[0, 1, -1]),
    "L2=hidden L2=shown L$lines[-1]{level}=hidden", 'the journal has each time');
my $number = $lines[-1]{level};
my @figures = split /\n/, slurp("$scratch/results/out/figures.csv");
cmp_ok(scalar(grep { /^$number,.*,hidden$/ } @figures), '>', 50, 'its figures are in the file, marked');
is(scalar(grep { !/^$number,/ && /hidden/ } @figures), 0, 'no others are');
my $load = $number + 1;
ok(read_json("$scratch/results/out/concurrency_${load}_round_1.json")->{configuration}{hidden}, 'its JSON file says so too');
my $files = join '', map { slurp("$scratch/results/out/$_") } qw(figures.csv timeline.csv);
is(fluxperf('export', "$scratch/results/out")->{exit}, 0, 'export');
is(join('', map { slurp("$scratch/results/out/$_") } qw(figures.csv timeline.csv)), $files, 'makes the same');
my $compared = fluxperf({cwd => $scratch}, qw(compare results/out results/whole));
like($compared->{out}, qr/A has C=$load hidden, which is not compared/, 'compare leaves it out, and says so');
unlike($compared->{out}, qr/^C=$load, round/m, 'as no group of rounds');

$terminal->line("clear; $binary view; echo left=\$?");
my $levels = join ' ', grep { $_ != $load } 2, 3, 4;
ok($terminal->wait_for(qr/\s$levels\s/), 'the list of runs does not count it') or diag($terminal->screen);
$terminal->keys('q');
$terminal->line("clear; $binary view results/out; echo left=\$?");
ok($terminal->wait_for(qr/1 hidden: Esc shows them/), 'a run that is opened again hides it still');

# ---- when it is over

sub hidden_levels
{
    my %by_level = map { /^(\d+),.*,hidden$/ ? ($1 => 1) : () } split /\n/, slurp("$scratch/results/out/figures.csv");
    return join ' ', sort keys %by_level;
}

$terminal->keys('Escape');
ok($terminal->wait_for(qr/L$number C=$load/), 'it can be shown again');
$terminal->keys('g', 'x');
ok($terminal->wait_for(qr/L1 is hidden/) && $terminal->wait_for(qr/1 hidden: Esc/), 'and another one be hidden');
$terminal->keys('q');
ok($terminal->wait_for(qr/left=0/), 'the run is left');
is(hidden_levels(), 1, 'its files know');
my ($end, @later) = reverse map { $_->{type} eq 'hide' || $_->{type} eq 'run_end' ? $_ : () }
    read_jsonl("$scratch/results/out/journal.jsonl");
is(scalar(grep { $_->{type} eq 'hide' && $_->{at_ns} > 0 } $end, $later[0]), 2, 'so does the journal, behind its end');
$terminal->line("clear; $binary view; echo left=\$?");
ok($terminal->wait_for(qr/\s3 4\s.*\s2 3 4\s|\s2 3 4\s.*\s3 4\s/s), 'and the list of runs');
unlike($terminal->screen, qr/cut/, 'in which it is as whole as it was');
$terminal->keys('q');
my $written = slurp("$scratch/results/out/journal.jsonl");
$terminal->line("clear; $binary view results/out; echo left=\$?");
ok($terminal->wait_for(qr/1 hidden: Esc shows them/), 'who looks again sees it so');
$terminal->keys('q');
ok($terminal->wait_for(qr/left=0/), 'and leaves');
is(slurp("$scratch/results/out/journal.jsonl"), $written, 'a look changes nothing');
done_testing;
