#!/usr/bin/perl
# What figures are held against: an earlier run, or a round that was chosen on the screen; in tables, files, and
# again when they are made from the journal.
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
my $rows = dataset("$scratch/rows.jsonl", 60);
my @common = ('-d', $rows, qw(--max-output-tokens 4 -c 10 --cold-start none --mock-server --mock-port 0 --mock-itl 2 --ui none));
my $before = fluxperf({cwd => $scratch}, @common, qw(--mock-ttft 20 -o before));
is($before->{exit}, 0, 'an earlier run') or diag($before->{err});

my @files = qw(figures.csv metrics_summary.csv timeline.csv concurrency_10_round_1.json concurrency_10_round_2.json);
sub files_of { my ($directory) = @_; return { map { $_ => slurp("$scratch/$directory/$_") } @files } }
sub differences {
    my ($directory) = @_;
    return grep { /against_baseline/ } split /\n/, slurp("$scratch/$directory/figures.csv");
}
sub export { return fluxperf({cwd => $scratch}, 'export', @_) }
sub made_again {
    my ($directory, $what) = @_;
    my $first = files_of($directory);
    unlink map { "$scratch/$directory/$_" } @files;
    my $made = export($directory);
    is($made->{exit}, 0, 'export') or diag($made->{err});
    is_deeply(files_of($directory), $first, $what);
}

is(fluxperf({cwd => $scratch}, @common, qw(-o none --baseline nowhere))->{exit}, 2, 'one that is not there');
my $after = fluxperf({cwd => $scratch}, @common, qw(--mock-ttft 60 -o after --baseline before));
is($after->{exit}, 0, 'a slower run against it') or diag($after->{err});
my @lines = $after->{out} =~ /^Against baseline (L1 R[12] of before): TTFT P50 \+/mg;
is_deeply(\@lines, ['L1 R1 of before', 'L1 R2 of before'], 'each table says how far it is from there');
my $json = read_json("$scratch/after/concurrency_10_round_2.json")->{summary}{baseline};
is($json->{directory}, "$scratch/before", 'the JSON file names it');
my $ttft = $json->{figures}{ttft_p50};
is($ttft->{verdict}, 'slower', 'and what is shown by pairs');
is($ttft->{units}, 60, 'of all prompts');
cmp_ok($ttft->{value} - $ttft->{baseline}, '>', 20, 'with both figures');
cmp_ok(scalar differences('after'), '>', 20, 'figures.csv has all of them');
is(scalar differences('before'), 0, 'and none without a baseline');
made_again('after', 'from the journal come the same bytes');
like(export('after', '--format', 'markdown')->{out}, qr/Against baseline L1 R2 of before: TTFT P50 \+/, 'a page has it');

rename "$scratch/before", "$scratch/elsewhere" or die;
my $gone = export('after');
is($gone->{exit}, 0, 'without the earlier run files are made too');
like($gone->{err}, qr/the baseline is gone.*before/, 'it says what is missing');
is(scalar differences('after'), 0, 'and claims nothing');
fluxperf({cwd => $scratch}, @common, qw(-n 5 -o before));
like(export('after')->{err}, qr/holds another run by now/, 'another run in its place is not taken for it');

my $again = fluxperf({cwd => $scratch}, @common, qw(-o elsewhere --baseline elsewhere));
is($again->{exit}, 0, 'a run in the directory of its baseline') or diag($again->{err});
cmp_ok(scalar differences('elsewhere'), '>', 20, 'is held against the one that was there');
made_again('elsewhere', 'and so are its files when they are made again');

my $terminal = Tmux->new(40, 120);
$terminal->line("cd $scratch && clear; $binary @common -o chosen --ui full --rounds 3; echo left=\$?");
ok($terminal->wait_for(qr{R3/3.*all levels are done|R3/3.*DONE|WAITING|IDLE}s, 30), 'a run on the screen');
$terminal->keys('2', 'Enter', 'Left', 'b');
ok($terminal->wait_for(qr/L1 R2 is the baseline/), 'b chooses a round');
$terminal->keys('.', 'Right');
ok($terminal->wait_for(qr/vs L1 R2/), 'the others show their difference from it');
$terminal->keys('Q');
$terminal->keys('y') if $terminal->wait_for(qr/Esc/, 2);
ok($terminal->wait_for(qr/left=0/, 20), 'the end') or diag($terminal->screen);
like($terminal->screen . slurp("$scratch/chosen/figures.csv"), qr/,3,,,against_baseline_ttft_p50,change,/, 'files hold it');
unlike(slurp("$scratch/chosen/figures.csv"), qr/,2,,,against_baseline/, 'not of the round itself');
my @chosen = grep { $_->{type} eq 'baseline' } read_jsonl("$scratch/chosen/journal.jsonl");
is_deeply([map { [@$_{qw(directory level round)}] } @chosen], [[undef, 1, 2]], 'and so does the journal');
push @files, 'concurrency_10_round_3.json';
made_again('chosen', 'from which come the same bytes');

$terminal->line("clear; $binary view chosen; echo left=\$?");
ok($terminal->wait_for(qr/vs L1 R2|baseline L1 R2/), 'who looks at it later sees it held against that round') or diag($terminal->screen);
$terminal->keys('2', 'Enter', 'b');
ok($terminal->wait_for(qr/L1 R3 is the baseline/), 'and may choose another') or diag($terminal->screen);
$terminal->keys('Q');
ok($terminal->wait_for(qr/left=0/, 20), 'which is kept') or diag($terminal->screen);
@chosen = grep { $_->{type} eq 'baseline' } read_jsonl("$scratch/chosen/journal.jsonl");
is_deeply([@{$chosen[-1]}{qw(directory level round)}], [undef, 1, 3], 'in the journal');
ok(slurp("$scratch/chosen/figures.csv") =~ /,2,,,against_baseline_ttft_p50,change,/, 'and in the files');
made_again('chosen', 'which export makes the same');

my $run = start('-d', $rows, qw(--mock-server --mock-port 0 --mock-itl 2 -c 10 --free-run repeat --ui none -o), "$scratch/on");
ok(wait_until(sub { -s "$scratch/on/journal.jsonl" && slurp("$scratch/on/journal.jsonl") =~ /"round_end"/ }, 20), 'a run goes on');
$terminal->line("clear; $binary view $scratch/on --baseline $scratch/after; echo left=\$?");
ok($terminal->wait_for(qr/against baseline L1 R\d of after/, 20), 'who watches it may hold it against another') or diag($terminal->screen);
$terminal->keys('q');
kill INT => $run->{pid};
finish($run);
done_testing;
