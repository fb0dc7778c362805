#!/usr/bin/perl
# A recipe runs its stages in turn: each with its own options, environment, commands and directory.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my $scratch = scratch;
dataset("$scratch/rows.jsonl", 12);
dataset("$scratch/other.jsonl", 3);

sub recipe { my ($name, $text) = @_; return spew("$scratch/$name.yaml", $text) }

sub stage_of
{
    my ($directory) = @_;
    my ($header, $line) = read_csv("$directory/figures.csv");
    return {map { $header->[$_] => $line->[$_] } 0 .. $#$header}->{stage};
}

my $suites = recipe('suites', <<'YAML');
global:
  dataset: rows.jsonl
  max_output_tokens: 4
  timeout: 60
  note: global
  prometheus_url: null
  prometheus_metrics: []
mock_server: {enabled: true, host: "127.0.0.1", port: 0, ttft: 1, itl: 0.1}
vllm: {auto_restart: false, startup_command: null, port: 8000}
suites:
  - name: Warm-up
    stages:
      - name: "Stage 1: low"
        env: {FLUX_STAGE: one, FLUX_OUTER: changed, FLUX_GONE: null}
        before: 'env > one_before.txt'
        after: ['env > one_after.txt', 'echo to stdout']
        concurrency_levels: [2, 4]
        num_samples: [4, 8]
        rounds: 3
  - name: Stress
    stages:
      - before: env > two_before.txt
        dataset: other.jsonl
        concurrency_levels: [3]
        max_output_tokens: 2
        note: stage
YAML
my %outer = (FLUX_OUTER => 'outer', FLUX_GONE => 'there');

sub variables
{
    my ($file) = @_;
    return {map { /^(FLUX_\w+)=(.*)$/ ? ($1 => $2) : () } split /\n/, slurp("$scratch/$file")};
}

subtest 'two suites with environment, commands, mock server and overrides' => sub {
    my $run = fluxperf({cwd => "$scratch", env => {%outer}}, '--recipe', $suites, '--rounds', 2, '-o', 'out');
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    is_deeply([map { s{.*/}{}r } sort glob "$scratch/out/*"], ['01-Stage-1-low', '02-Stage-2'], 'directories');
    is_deeply(variables('one_before.txt'), {FLUX_STAGE => 'one', FLUX_OUTER => 'changed'}, 'set before the stage');
    is_deeply(variables('one_after.txt'), variables('one_before.txt'), 'and after it');
    is_deeply(variables('two_before.txt'), \%outer, 'and restored for the next one');

    my ($one, $two) = ("$scratch/out/01-Stage-1-low", "$scratch/out/02-Stage-2");
    is(scalar(glob "$one/*_round_3.json"), undef, 'the command line wins over the stage');
    my $level = round_file($one, 4, 2);
    is($level->{configuration}{num_samples}, 8, 'samples of the second level');
    is($level->{configuration}{stage}, 'Stage 1: low', 'the stage in the round file');
    is($level->{configuration}{note}, 'global', 'a global option');
    is($level->{requests}[0]{output_tokens}, 4, 'a global limit');
    my $other = round_file($two, 3, 1);
    is($other->{configuration}{note}, 'stage', 'the stage wins over global');
    is($other->{requests}[0]{output_tokens}, 2, 'in its limit too');
    is(scalar @{$other->{requests}}, 3, 'with a dataset of its own');
    is(stage_of($one), 'Stage 1: low', 'figures.csv names the stage');
    is(stage_of($two), 'Stage 2', 'one without a name by its number');

    like($run->{out}, qr/^Stage 1 of 2: Stage 1: low \(Warm-up\)\n.*^Stage 2 of 2: Stage 2 \(Stress\)\n/ms, 'titles');
    unlike($run->{out}, qr/to stdout/, 'output of commands is not on stdout');
    like($run->{err}, qr/^to stdout$/m, 'but on stderr');
};

subtest 'a dry run prints the plan and does nothing' => sub {
    unlink glob "$scratch/*_before.txt";
    my $run = fluxperf({cwd => "$scratch"}, '--recipe', $suites, '--dry-run', '-o', 'dry');
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    like($run->{out}, qr{^files     dry/01-Stage-1-low$}m, 'where the files would go');
    like($run->{out}, qr/^L2\s+C=4\s+3\s+8\s+\d+ s$/m, 'level, load, rounds, requests, time');
    like($run->{out}, qr/^before    env > two_before\.txt$/m, 'commands');
    like($run->{out}, qr/^2 stages: 42 requests, in about \d+ s$/m, 'the sum');
    ok(!-e "$scratch/dry" && !-e "$scratch/one_before.txt", 'nothing was written or run');
};

subtest 'one stage writes into the directory itself' => sub {
    my $one = recipe('one', "stages: [{dataset: rows.jsonl, mock_server: {port: 0, ttft: 1, itl: 0.1}, "
        . "num_samples: 2, max_output_tokens: 2, output_dir: single}]\n");
    my $run = fluxperf({cwd => "$scratch"}, '--recipe', $one);
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    ok(-e "$scratch/single/journal.jsonl", 'journal');
    is(stage_of("$scratch/single"), 'Stage 1', 'with its name');
};

subtest 'without a directory all stages share one' => sub {
    mkdir "$scratch/shared";
    my $two = recipe('two', "global: {dataset: $scratch/rows.jsonl, num_samples: 1, max_output_tokens: 1}\n"
        . "mock_server: {port: 0, ttft: 1, itl: 0.1}\nstages: [{name: a}, {name: b}]\n");
    my $run = fluxperf({cwd => "$scratch/shared"}, '--recipe', $two);
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    ok(-e "$scratch/shared/results/latest/$_/journal.jsonl", $_) for '01-a', '02-b';
};

subtest 'the endpoint must be ready after the commands' => sub {
    my ($mock) = mock(qw(--ttft 1 --itl 0.1));
    my $port = $mock->{port};
    stop($mock->{pid});
    my $recipe = recipe('server', <<"YAML");
global: {dataset: rows.jsonl, endpoint: "127.0.0.1:$port", num_samples: 2, max_output_tokens: 2}
stages:
  - name: started before
    before: '(sleep 0.5; exec "\$FLUXPERF_UNDER_TEST" mock-server --port $port --ttft 1) >/dev/null 2>&1 & echo \$! > pid'
    after: kill \$(cat pid)
YAML
    my $binary = $ENV{FLUXPERF} // "$ROOT/fluxperf";
    my $run = fluxperf({cwd => "$scratch", env => {FLUXPERF_UNDER_TEST => $binary}}, '--recipe', $recipe, '-o', 'server');
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    is(round_file("$scratch/server", 1, 2)->{summary}{failed_requests}, 0, 'no request failed');
};

subtest 'a stage that fails leaves its turn to the next, and its after: runs' => sub {
    my $recipe = recipe('fails', <<'YAML');
global: {dataset: rows.jsonl, num_samples: 1, max_output_tokens: 1}
mock_server: {port: 0, ttft: 1, itl: 0.1}
stages:
  - {name: a, before: exit 3, after: touch cleaned}
  - {name: b}
YAML
    my $run = fluxperf({cwd => "$scratch"}, '--recipe', $recipe, '-o', 'fails');
    is($run->{exit}, 1, 'exit status');
    like($run->{err}, qr/before: "exit 3" ended with status 3/, 'the reason');
    ok(-e "$scratch/cleaned", 'after:');
    ok(!-e "$scratch/fails/01-a" && -e "$scratch/fails/02-b/journal.jsonl", 'the second stage');
};

subtest 'a command that fails is noticed also where a parent let children be forgotten' => sub {
    my $recipe = recipe('forgotten', "global: {dataset: rows.jsonl}\nmock_server: {port: 0}\nstages: [{before: exit 3}]\n");
    my $run = fluxperf({cwd => "$scratch", wrap => [$^X, '-e', '$SIG{CHLD} = "IGNORE"; exec @ARGV']},
        '--recipe', $recipe, '-o', 'forgotten');
    is($run->{exit}, 1, 'exit status');
    like($run->{err}, qr/before: "exit 3" ended with status 3/, 'the reason');
};

subtest 'a signal ends the recipe' => sub {
    my $recipe = recipe('signal', "global: {dataset: rows.jsonl}\nmock_server: {port: 0}\n"
        . "stages: [{before: 'exec perl -e \"open F, q(>), q(begun); sleep 30\"', after: touch ended}, {}]\n");
    local $SIG{INT} = 'IGNORE'; # as in a background job of a script
    my $run = start({cwd => "$scratch"}, '--recipe', $recipe, '-o', 'signal');
    wait_until(sub { -e "$scratch/begun" });
    kill INT => $run->{pid};
    finish($run);
    is($run->{exit}, 130, 'exit status');
    ok(-e "$scratch/ended" && !-e "$scratch/signal/02-Stage-2", 'its after: runs, the next stage does not');
};

subtest 'a key in the environment of a stage is the key of that stage' => sub {
    my $recipe = recipe('key', <<'YAML');
global: {dataset: rows.jsonl, num_samples: 2, max_output_tokens: 1, api_key: sk-global-key, model: m}
mock_server: {port: 0, ttft: 1, itl: 0.1, api_key: sk-stage-key}
stages:
  - {name: with, env: {FLUXPERF_API_KEY: sk-stage-key}}
  - {name: without}
YAML
    my $run = fluxperf({cwd => "$scratch"}, '--recipe', $recipe, '-o', 'key');
    is($run->{exit}, 1, 'one stage is refused');
    is(round_file("$scratch/key/01-with", 1, 2)->{summary}{failed_requests}, 0, 'the one with the key is not');
    like($run->{err}, qr/401/, 'the other one is');
    my $files = join '', map { slurp($_) } glob "$scratch/key/*/*";
    unlike("$run->{out}$run->{err}$files", qr/sk-(global|stage)-key/, 'neither is in a file');
};

subtest 'all stages are checked before the first one' => sub {
    my $recipe = recipe('bad', "global: {dataset: rows.jsonl}\nmock_server: {port: 0}\n"
        . "stages: [{before: touch too_soon}, {concurrency: [1, 2, 3], num_samples: [1, 2]}]\n");
    my $run = fluxperf({cwd => "$scratch"}, '--recipe', $recipe);
    is($run->{exit}, 2, 'exit status');
    like($run->{err}, qr/bad\.yaml: stage 2 \(Stage 2\): --num-samples: 2 values for 3 levels/, 'message');
    ok(!-e "$scratch/too_soon", 'no command ran');

    $recipe = recipe('unknown', "global:\n  datset: rows.jsonl\nstages: [{}]\n");
    $run = fluxperf({cwd => "$scratch"}, '--recipe', $recipe);
    is($run->{exit}, 2, 'exit status');
    like($run->{err}, qr/unknown\.yaml: line 2, column 3: unknown key datset: did you mean dataset\?/, 'line and column');
};

subtest 'the shipped recipes run' => sub {
    for my $file (sort glob "$ROOT/datasets/recipe_*.yaml") {
        my $name = $file =~ s{.*/}{}r;
        my $run = fluxperf({cwd => "$scratch"}, '--recipe', $file, '--num-samples', 2, '--max-output-tokens', 2,
            '--mock-ttft', 1, '-o', $name);
        is($run->{exit}, 0, $name) or diag($run->{err});
    }
};

done_testing;
