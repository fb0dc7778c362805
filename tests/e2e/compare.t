#!/usr/bin/perl
# Runs side by side: what is paired, what is said where they are not of the same thing, and what a pipeline
# learns from the exit status. Differences are made in the journals, so that they are exact.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use JSON::PP;
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 60);
my @mock = (qw(--mock-server --mock-port 0 --mock-ttft 2 --mock-itl 0.5 --mock-prefill-rate 1e6),
    qw(--max-output-tokens 6));

sub run_to
{
    my ($name, @words) = @_;
    my $run = fluxperf({cwd => "$scratch"}, @mock, '-d', $rows, '-c', 4, @words, '-o', $name);
    is($run->{exit}, 0, "run $name") or diag($run->{err});
}

sub compare { return fluxperf({cwd => "$scratch", timeout => 20}, 'compare', @_) }

sub compare_json
{
    my $run = compare(@_, '--json');
    is($run->{exit}, 0, "compare @_") or diag($run->{err});
    return decode_json($run->{out});
}

# A copy of a run, its journal changed line by line.
sub copy_of
{
    my ($from, $to, $change) = @_;
    mkdir "$scratch/$to";
    open my $in, '<:raw', "$scratch/$from/journal.jsonl" or die $!;
    spew("$scratch/$to/journal.jsonl", map { $change->() for $_; $_ } <$in>);
}

# Times all tokens behind the first one.
sub stretch
{
    my ($factor) = @_;
    my ($first, $last, $end) = /"first_token_ns":(\d+).*"last_token_ns":(\d+),"end_ns":(\d+)/ or return;
    my $more = int(($last - $first) * ($factor - 1) + 0.5);
    s/("last_token_ns":)\d+,"end_ns":\d+/$1 . ($last + $more) . ',"end_ns":' . ($end + $more)/e;
}

# On a busy machine all tokens of a reply may be read at once: then it has no ITL.
sub spread
{
    s/("first_token_ns":(\d+),.*"last_token_ns":)\2,"end_ns":(\d+)/$1 . ($2 + 2_500_000) . ',"end_ns":' . ($3 + 2_500_000)/e;
}

run_to('a0');
run_to('one', '-c', 3, '-n', 10);
# What this machine was busy with is not looked at.
copy_of('a0', 'a', sub { s/("client":")\w+/$1ok/; s/("stamp_lag_p50_ns":)\d+/${1}0/; spread() });

subtest 'a run is no different from itself' => sub {
    my $run = compare('a', 'a');
    is($run->{exit}, 0, 'exit status');
    is(() = $run->{out} =~ /\[0\.0 %, 0\.0 %\]  no difference shown$/mg, 6, 'TTFT, ITL and latency of two rounds');
    unlike($run->{out}, qr/Not like for like|Also different/, 'nothing else is different');
    like($run->{out}, qr/^  The server's own\n  hit rate +(\d+ %) +\1\n  KV cache used/m, 'nor are the metrics of the server');
    is(compare('a', 'a', '--fail-on', 'ttft_p99>+5%', 'token_throughput<-5%', 'errors>+0')->{exit}, 0,
        'no change is beyond a limit');
};

subtest 'an ITL that is 10 % longer' => sub {
    copy_of('a', 'slow', sub { stretch(1.1) });
    my $json = compare_json('a', 'slow');
    is_deeply([map { "$_->{level} $_->{round}" } @{$json->{groups}}], ['C=4 1', 'C=4 2'], 'levels and rounds');
    for my $group (@{$json->{groups}}) {
        my $against = $group->{sides}[1]{against_a};
        my $itl = $against->{itl_p50};
        is($itl->{verdict}, 'slower', 'ITL is slower');
        is($itl->{basis}, 'pairs', 'paired');
        is($itl->{units}, 60, 'on all prompts');
        cmp_ok($itl->{change_low}, '<=', 0.1001, 'the interval begins below');
        cmp_ok($itl->{change_high}, '>=', 0.0999, 'and ends above');
        is($against->{ttft_p50}{verdict}, 'not_shown', 'TTFT is not');
    }
    my $run = compare('slow', 'a');
    is(() = $run->{out} =~ /-9\.\d %  \[-9\.\d %, -9\.\d %\]  faster$/mg, 2, 'the other way round it is faster');
    like($run->{out}, qr/^A → B  C=4, round 2 .* faster/m, 'the summary says it too');
    like($run->{out}, qr/Intervals cover these runs, not how much one run differs/, 'and what it covers');
};

subtest 'a pipeline' => sub {
    my $run = compare('a', 'slow', '--fail-on', 'itl_p50>+5%');
    is($run->{exit}, 3, 'a change beyond its limit');
    like($run->{err}, qr/^error: --fail-on itl_p50>\+5%: it is \+(?:9\.99|10\.\d\d) % in C=4 round 1 of B$/m,
        'is said with its value');
    is(compare('--fail-on', 'itl_p50>+20%', 'a', 'slow')->{exit}, 0, 'one that is not');
    is(compare('a', 'slow', '--fail-on', 'itl>+5%')->{exit}, 3, 'a difference that is shown, and beyond it');
    is(compare('a', 'slow', '--fail-on', 'itl>+20%', 'ttft>+0%')->{exit}, 0, 'one that is less, or not shown');
    like(compare('one', 'one', '--fail-on', 'itl>+0%')->{err}, qr/itl>\+0% was not checked/, 'one without an interval');
    is(compare('a', 'slow', '--fail-on=errors>0', '--fail-on', 'itl_p50<0.0001')->{exit}, 0, 'plain limits hold too');
    $run = compare('a', 'slow', '--fail-on', 'slo<99%');
    is($run->{exit}, 0, 'what no run has is beyond nothing');
    like($run->{err}, qr/^warning: --fail-on slo<99% was not checked/m, 'which is said');
};

my $other = dataset("$scratch/other.jsonl", map { "sample-$_ wonders" } 0 .. 59);
run_to('other', '-d', $other, '--max-output-tokens', 12, '--mock-model', 'mock-2', '--temperature', 0.5);

subtest 'several runs a side' => sub {
    for my $number (1 .. 3) {
        copy_of('a', "a$number", sub { stretch(1 + $number / 1000) });
        copy_of('a', "b$number", sub { stretch(1.1 + $number / 1000) });
    }
    my $run = compare('--a', map({ "a$_" } 1 .. 3), '--b', map { "b$_" } 1 .. 3);
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    like($run->{out}, qr/^C=4, round 1 .*, 3 runs against 3$/m, 'runs are the unit');
    like($run->{out}, qr/^  ITL P50 ms .* \+10\.0 %  \[\+9\.\d %, \+10\.\d %\]  slower$/m, 'and the interval is over them');
    like($run->{out}, qr/^  ITL P99 ms .*\]  slower$/m, 'a tail has one too');
    like($run->{out}, qr/Intervals are over whole runs/, 'and covers what differs from run to run');
    copy_of('b2', 'busy', sub { s/("client":")\w+/$1saturated/ });
    $run = compare('--a', 'a1', 'a2', '--b', 'b1', 'busy', 'other');
    like($run->{out}, qr/C=4 round 1: the client was strained or saturated in [12] of 3 runs of B$/m, 'overload by run');
    like($run->{out}, qr/other model: A \(a1\) mock-model, B \(other\) mock-2$/m, 'a run that does not belong is named');
    my $json = compare_json('--a', 'a1', 'a2', '--b', 'b1');
    ok($json->{covers_run_to_run}, 'one run on a side');
    is($json->{groups}[0]{sides}[1]{against_a}{itl_p50}{change_low}, undef, 'makes no interval');
};

subtest 'a page' => sub {
    my $page = compare('a', 'slow', '--markdown')->{out};
    like($page, qr/\A# fluxperf compare\n\n- A  a /, 'begins with what was compared');
    like($page, qr/^\| A → B  C=4, round 1 \| no difference shown \| \+10\.0 % slower \|/m, 'has the summary');
    like($page, qr/^## C=4, round 2 \(.*\), paired on 60 prompts\n\n\|  \| A \| B \| change \| 95 % interval \|  \|\n/m, 'and tables');
    unlike($page, qr/^(?!\||#|- |  - |$)/m, 'and nothing loose');
};

subtest 'more than two' => sub {
    my $run = compare('a', 'slow', 'a1');
    like($run->{out}, qr/^C=4, round 1 .*A → $_/m, "A against $_") for qw(B C);
    is(compare('a', 'a1', 'slow', '--fail-on', 'itl_p50>+5%')->{exit}, 3, 'a condition looks at all of them');
};

subtest 'what is not of the same thing' => sub {
    my $run = compare('a', 'other');
    is($run->{exit}, 0, 'exit status');
    like($run->{out}, qr/^Not like for like:\n(?:  .*\n)*  $_/m, "it is said: $_")
        for 'other model: A mock-model, B mock-2', 'other dataset: A .*rows.*, B .*other.*not paired',
        'other output limit, --max-output-tokens: A 6, B 12', 'C=4 round 1: replies of A have 6.0 tokens, of B 12.0';
    like($run->{out}, qr/^Also different:\n(?:  .*\n)*  --temperature: A -, B 0\.5$/m, 'and what else differs');
    like($run->{out}, qr/^C=4, round 1 .*, not paired: 60 and 60 requests$/m, 'nothing is paired');

    copy_of('a', 'strained', sub { s/("client":")\w+/$1strained/ });
    like(compare('a', 'strained')->{out}, qr/C=4 round 2: the client was ok in A and strained in B/, 'the client');
};

subtest 'other levels' => sub {
    run_to('levels', '-c', 2, 4, '-n', 10);
    like(compare('levels', 'a')->{out}, qr/^  only A has C=2$/m, 'a level of one side');
    run_to('short', '--rounds', 1);
    like(compare('a', 'short')->{out}, qr/^  only A has C=4 round 2$/m, 'a round of one side');
    my $run = compare('one', 'a');
    like($run->{out}, qr/^C=3 and C=4, round 1/m, 'the only levels of both');
    like($run->{out}, qr/other load: A C=3, B C=4/, 'are not of the same load');
    like($run->{out}, qr/^\? no interval: it needs 50 requests/m, 'few requests');
    $run = compare('one', 'levels');
    is($run->{exit}, 2, 'nothing in common');
    like($run->{err}, qr/A has C=3; B has C=2, C=4/, 'is said');
};

subtest 'recipes' => sub {
    spew("$scratch/stages.yaml", <<'YAML');
global: {dataset: rows.jsonl, num_samples: 5, max_output_tokens: 2}
mock_server: {enabled: true, host: "127.0.0.1", port: 0, ttft: 1, itl: 0.1}
stages:
  - {name: low, concurrency: 2}
  - {name: high, concurrency: 4}
YAML
    is(fluxperf({cwd => "$scratch"}, '--recipe', 'stages.yaml', '-o', $_)->{exit}, 0, $_) for qw(r1 r2);
    my $json = compare_json('r1', 'r2');
    is_deeply([map { "$_->{stage} $_->{level} $_->{round}" } @{$json->{groups}}],
        ['low C=2 1', 'low C=2 2', 'high C=4 1', 'high C=4 2'], 'stage by stage');
    is_deeply([map { scalar @{$_->{runs}} } @{$json->{sides}}], [2, 2], 'a side has its stages');
    is(compare_json('r1/01-low', 'r2/01-low')->{groups}[0]{stage}, undef, 'a stage by itself is a run');
    is(fluxperf({cwd => "$scratch"}, 'export', 'r1')->{exit}, 0, 'export makes the files of all stages');
};

my @wrong = (
    ['one directory', ['a'], qr/needs two directories/],
    ['a directory that is not there', ['a', 'nowhere'], qr/nowhere is no directory/],
    ['a directory without a run', ['a', '.'], qr/\. has no journal\.jsonl/],
    ['one side only', ['--a', 'a'], qr/--a and --b belong together/],
    ['a word of no side', ['a', '--a', 'a', '--b', 'a'], qr/'a' belongs to no side/],
    ['an option without its value', ['a', 'a', '--fail-on'], qr/--fail-on: needs a value/],
    ['a condition that is unknown', ['a', 'a', '--fail-on', 'luck>+5%'], qr/--fail-on: 'luck>\+5%': no such figure/],
    ['two notations', ['a', 'a', '--json', '--markdown'], qr/exclude each other/],
    ['a metric by itself', ['a', 'a', '--fail-on', 'ttft>500'], qr/ttft by itself is compared, so its limit is a change/],
    ['an option that is unknown', ['a', 'a', '--pairs'], qr/unknown option --pairs/],
    ['too many', [('a') x 9], qr/at most 8 directories/],
);
for my $case (@wrong) {
    my ($name, $arguments, $says) = @$case;
    my $run = compare(@$arguments);
    is($run->{exit}, 2, $name);
    like($run->{err}, $says, "$name: message");
}

done_testing;
