#!/usr/bin/perl
# The published command lines as written, against the built-in server where they expect a server, and
# each of them twice.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use IO::Socket::INET;
use Test::More;

own_network;
IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 8000, Timeout => 1)
    and plan skip_all => 'something else listens on port 8000';
my $mock = mock(qw(--host localhost --port 8000 --ttft 1 --itl 0.1 --prefill-rate 1e9 --reply-tokens 2));

my $scratch = scratch;
mkdir "$scratch/$_" for qw(examples data);
dataset("$scratch/$_", 200) for map { "data/$_.jsonl" } qw(narrativeqa mixed production_queries test long_context);
spew("$scratch/examples/example_dataset.json",
    '[' . join(',', map { qq({"prompt":"example $_"}) } 1 .. 20) . ']');
spew("$scratch/data/chat.jsonl",
    qq({"session_id":"s1","user_messages":["Question1","Question2"]}\n),
    qq({"conversations":[{"from":"human","value":"hi"},{"from":"gpt","value":"hello"},{"from":"human","value":"how are you"}]}\n),
    qq({"messages":[{"role":"user","content":"Q1"},{"role":"assistant","content":"A1"},{"role":"user","content":"Q2"}]}\n));
spew("$scratch/slo_production.yaml", "slo:\n  ttft_ms: 1000\n  itl_ms: 50\n  latency_ms: 10000\n");

my $endpoint = '--endpoint http://localhost:8000/v1/chat/completions';

# name, command line, the directory of its files and the columns of its table
my @works = (
    ['cache', "--dataset data/narrativeqa.jsonl $endpoint --num-samples 50 --concurrency 10 "
        . '--prometheus-url http://localhost:8000/metrics --prometheus-metrics lmcache_hit_rate '
        . '--output-dir results/cache_test', 'results/cache_test', 10],
    ['basic', "--dataset examples/example_dataset.json $endpoint --num-samples 10 --concurrency 5", undef, 5],
    ['several levels', "--dataset data/mixed.jsonl $endpoint --num-samples 200 --concurrency 1 5 10 20 50 100 "
        . '--output-dir results/scaling_test', 'results/scaling_test', 1, 5, 10, 20, 50, 100],
    ['SLO', "--dataset data/production_queries.jsonl $endpoint --num-samples 100 --concurrency 50 "
        . '--slo-file slo_production.yaml --output-dir results/slo_check', 'results/slo_check', 50],
    ['a limit on the input', "--dataset data/long_context.jsonl --max-input-length 16384 $endpoint", undef, 1],
    ['conversations', "--dataset data/chat.jsonl $endpoint --num-samples 4 --concurrency 2 "
        . '--max-context-tokens 4096 --output-dir results/chat', 'results/chat', 2],
    ['a longer timeout', "--dataset data/test.jsonl $endpoint --num-samples 10 --timeout 600", undef, 1],
    ['sampling', "--dataset data/test.jsonl $endpoint --num-samples 10 --temperature 0.7 --top-p 0.9 "
        . '--max-output-tokens 4 --model my-model --output-dir results/sampling', 'results/sampling', 1],
    ['the mock service', '--dataset examples/example_dataset.json --mock-server --mock-host 127.0.0.1 '
        . '--mock-port 8765 --num-samples 4 --concurrency 2 --mock-ttft 1 --mock-itl 0.1', undef, 2],
    ['debug', "--dataset data/chat.jsonl $endpoint --num-samples 4 --concurrency 2 --debug --debug-log-dir debug_logs",
        undef, 2],
    (map { ["batch of levels: $_", "--dataset data/test.jsonl $endpoint --num-samples 20 --concurrency $_ "
        . "--output-dir results/conc_$_", "results/conc_$_", $_] } 1, 20),
);
for my $case (@works) {
    my ($name, $line, $directory, @levels) = @$case;
    subtest $name => sub {
        for my $time ('first', 'second') {
            my $run = fluxperf({cwd => "$scratch"}, split ' ', $line);
            is($run->{exit}, 0, "the $time time") or diag($run->{err});
            like($run->{out}, qr/│ TTFT \(ms\)\s+│/, 'the table is printed');
            like($run->{out}, qr/Goodput \(SLO\):/, 'with goodput') if $line =~ /--slo-file/;
            unlike($run->{out}, qr/Failed: [1-9]/, 'no request failed');
        }
        return unless $directory;
        my ($header) = slurp("$scratch/$directory/metrics_summary.csv") =~ /^(.*?)\r?\n/;
        is($header, join(',', 'Metric/Round', map { ("Concurrency$_-Round1", "Concurrency$_-Round2") } @levels),
            'a column for each round');
        for my $level (@levels) {
            my $round = round_file("$scratch/$directory", $level, 2);
            is($round->{configuration}{concurrency}, $level, "JSON of level $level");
            is($round->{configuration}{round}, 2, 'round 2');
        }
    };
}

subtest 'a host that does not exist' => sub {
    my $run = fluxperf({cwd => "$scratch"}, split ' ', '--dataset data/production_queries.jsonl '
        . '--endpoint http://production.invalid:8000/v1/chat/completions --num-samples 1000 --concurrency 50');
    is($run->{exit}, 1, 'exit status');
    like($run->{err}, qr/production\.invalid/, 'the message names it');
};
stop($mock->{pid});
done_testing;
