#!/usr/bin/perl
# The server's metrics: from its own page, through Debian's Prometheus, and when they fail.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use IO::Socket::INET;
use POSIX ();
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", map { my $row = $_; join ' ', map { "word$row-$_" } 1 .. 80 } 1 .. 20);
my @quick = qw(--ttft 1 --itl 0.1 --prefill-rate 1e6 --reply-tokens 4);

# A program of another's, started on any free port; returns {pid, port, url}.
sub daemon
{
    my ($name, @words) = @_;
    my $log = "$scratch/$name.log";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', $log or POSIX::_exit(127);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(127);
        exec {$words[0]} @words or POSIX::_exit(127);
    }
    Fluxperf::adopt($pid);
    my $port;
    wait_until(sub { -e $log && slurp($log) =~ /msg="Listening on".*address=127\.0\.0\.1:(\d+)/ and $port = $1 }, 60)
        or die "$name does not start: " . slurp($log);
    return {pid => $pid, port => $port, url => "http://127.0.0.1:$port"};
}

# Serves what stands in a file, read anew for each request.
sub page_server
{
    my ($file) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64, ReuseAddr => 1) or die "listen: $!";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        while (1) {
            my $socket = $listener->accept or next;
            my $pending = '';
            while ($pending !~ /\r\n\r\n/) { sysread $socket, $pending, 65536, length $pending or last }
            my $body = slurp($file);
            send_bytes($socket, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n"
                . 'Content-Length: ' . length($body) . "\r\n\r\n$body");
            close $socket;
        }
    }
    Fluxperf::adopt($pid);
    return {pid => $pid, url => 'http://127.0.0.1:' . $listener->sockport};
}

sub changes { return map { "$_->{kind}: $_->{text}" } grep { $_->{type} eq 'change' } read_jsonl("$_[0]/journal.jsonl") }

# What a round's file says of one metric.
sub metric
{
    my ($directory, $concurrency, $round, $key) = @_;
    return round_file($directory, $concurrency, $round)->{summary}{prometheus}{metrics}{$key};
}

# One figure of several metrics in both rounds.
sub figures
{
    my ($directory, $figure, @keys) = @_;
    return map { my $key = $_; map { metric($directory, 5, $_, $key)->{$figure} // '-' } 1, 2 } @keys;
}

# Until TRY->() gives (run, figures, the same figures from elsewhere): the end of a round waits for a
# Prometheus server for a while only, which on a very busy machine may be too short.
sub until_same
{
    my ($try, $name) = @_;
    my ($run, $these, $those);
    for (1 .. 5) {
        ($run, $these, $those) = $try->();
        last if $run->{exit} || "@$these" eq "@$those";
    }
    is($run->{exit}, 0, "$name: exit status") or diag($run->{err});
    is_deeply($those, $these, $name);
    return $run;
}

my $mock = mock(@quick);

# Without readings in mid-round, when it may still be that of the round before.
subtest 'the hit rate of a cold and a warm round' => sub {
    my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '-c', 10, '--reset-cache-url', 'auto', '--prometheus-url',
        "$mock->{url}/metrics", '--prometheus-metrics', 'lmcache_hit_rate', '--prometheus-interval', 3600,
        '-o', "$scratch/guide");
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    my ($cold, $warm) = $run->{out} =~ /│ lmcache_hit_rate\s+│ (\d\.\d{4}) /g;
    cmp_ok($cold, '<', 0.05, 'table, round 1');
    cmp_ok($warm, '>', 0.8, 'table, round 2');
    ($cold, $warm) = slurp("$scratch/guide/metrics_summary.csv") =~
        /^Prometheus Metrics\n\nlmcache_hit_rate\nAverage,([\d.]+),([\d.]+)\nP50,/m;
    cmp_ok($cold, '<', 0.05, 'metrics_summary.csv, round 1');
    cmp_ok($warm, '>', 0.8, 'metrics_summary.csv, round 2');
    cmp_ok(metric("$scratch/guide", 10, 1, 'lmcache_hit_rate')->{avg}, '<', 0.05, 'JSON, round 1');
    cmp_ok(metric("$scratch/guide", 10, 2, 'lmcache_hit_rate')->{after}, '>', 0.8, 'JSON, round 2');
    my ($figure) = grep { /^1,,[^,]*,10,,2,,,lmcache_hit_rate,avg,/ } split /\n/, slurp("$scratch/guide/figures.csv");
    cmp_ok((split /,/, $figure)[10], '>', 0.8, 'figures.csv, round 2');
    like(slurp("$scratch/guide/prometheus.csv"), qr/^time,metric,labels,value\n\d{4}-\S+Z,lmcache_hit_rate,,0$/m, 'prometheus.csv');
    like($run->{out}, qr/^Server counters: 9\d % of prompt tokens were hits, as the replies say$/m, 'counters agree');
    my $request = round_file("$scratch/guide", 10, 2)->{requests}[0];
    ok(defined $request->{prometheus}{metrics}{lmcache_hit_rate}{$_}, "a request has its $_") for qw(before after delta);
    cmp_ok($request->{prometheus}{before_ms_earlier}, '>', 0, 'and how far away it was read');

    my ($header, @seconds) = split /\n/, slurp("$scratch/guide/timeline.csv");
    like($header, qr/,cached_percent,lmcache_hit_rate$/, 'timeline.csv has a column for it');
    like(join("\n", @seconds), qr/,0\.\d+$/m, 'and its value');

    my @before = map { slurp("$scratch/guide/$_") } qw(prometheus.csv figures.csv timeline.csv concurrency_10_round_2.json);
    is(fluxperf('export', "$scratch/guide")->{exit}, 0, 'export');
    my @after = map { slurp("$scratch/guide/$_") } qw(prometheus.csv figures.csv timeline.csv concurrency_10_round_2.json);
    is_deeply(\@after, \@before, 'gives the same bytes');
};

subtest 'beside the endpoint they are found without being asked' => sub {
    my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '-n', 2, '-o', "$scratch/beside");
    like($run->{err}, qr{^metrics: vllm \+ lmcache at \Q$mock->{url}\E/metrics, \d+ names}m, 'said');
    like($run->{err}, qr/^metrics: auto watches hit rate, .*running, waiting/m, 'with what is picked');
    like($run->{out}, qr/^│ hit rate /m, 'the hit rate has a row');
    $run = fluxperf('-d', $rows, '-u', $mock->{url}, '-n', 2, '-o', "$scratch/none", '--prometheus-url', 'none');
    unlike($run->{err} . $run->{out}, qr/metrics:|hit rate/, 'none leaves them out');
    ok(!-e "$scratch/none/prometheus.csv", 'and their file');
    is(round_file("$scratch/none", 1, 1)->{summary}{prometheus}, undef, 'JSON says null');
};

subtest 'a name that is not exposed' => sub {
    my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '-n', 2, '-o', "$scratch/absent", '--prometheus-metrics',
        'kv_cache_sise', 'rate(vllm:prompt_tokens_total[1m])');
    is($run->{exit}, 0, 'ends nothing');
    like($run->{err}, qr/^warning: metrics: kv_cache_sise is not exposed; nearest: kv_cache_/m, 'nearest names');
    like($run->{err}, qr/^warning: metrics: rate\(.*\) needs a Prometheus server/m, 'PromQL needs another source');
    is(metric("$scratch/absent", 1, 1, 'kv_cache_sise')->{kind}, 'absent', 'JSON');
};

subtest 'a source that does not answer' => sub {
    my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '-n', 2, '-o', "$scratch/dead", '--prometheus-url',
        'http://somebody:geheim@127.0.0.1:1/metrics');
    is($run->{exit}, 0, 'ends nothing');
    is(() = $run->{err} =~ /^warning: metrics: cannot read .*Connection refused/mg, 1, 'is said once');
    like($run->{out}, qr/^Metrics: \d+ of \d+ scrapes failed so far, the last: .*Connection refused/m, 'and counted');
    my $summary = round_file("$scratch/dead", 1, 2)->{summary}{prometheus};
    cmp_ok($summary->{failed_scrapes}, '>=', 4, 'in JSON too');
    is($summary->{scrapes}, $summary->{failed_scrapes}, 'all of them');
    my $all = join '', $run->{err}, $run->{out}, map { slurp($_) } glob "$scratch/dead/*";
    unlike($all, qr/geheim/, 'and no password is told');
};

subtest 'a round waits until the server is idle' => sub {
    my $page = "$scratch/page";
    spew($page, "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running 3\n");
    my $server = page_server($page);
    my $run = start('-d', $rows, '-u', $mock->{url}, '-n', 2, '-o', "$scratch/idle", '--prometheus-url', $server->{url});
    my $journal = "$scratch/idle/journal.jsonl";
    ok(wait_until(sub { -e $journal && slurp($journal) =~ /"round_end".*(?:"place":"between".*){3}/s }, 60),
        'after round 1 it looks again and again');
    unlike(slurp($journal), qr/"type":"round","level":1,"round":2/, 'and round 2 has not begun');
    spew("$page.new", "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running 0\n");
    rename "$page.new", $page or die "rename: $!";
    finish($run);
    is($run->{exit}, 0, 'it goes on');
    is(() = slurp($journal) =~ /"type":"round_end"/g, 2, 'with round 2');
    ok(scalar(grep { /^idle: waited \d+\.\d s until the server was idle/ } changes("$scratch/idle")), 'and says so');
    stop($server->{pid});
};

subtest 'through Prometheus' => sub {
    spew("$scratch/prometheus.yml", <<"YAML");
global: {scrape_interval: 200ms}
scrape_configs:
  - job_name: mock
    static_configs: [{targets: ['127.0.0.1:$mock->{port}']}]
YAML
    my $prometheus = daemon('prometheus', 'prometheus', "--config.file=$scratch/prometheus.yml",
        "--storage.tsdb.path=$scratch/tsdb", '--web.listen-address=127.0.0.1:0');
    my $check;
    ok(wait_until(sub {
        $check = fluxperf('check', 'prometheus', $prometheus->{url});
        $check->{out} =~ /^Engine +vllm/m
    }, 60), 'it scrapes the server') or diag($check->{out}, $check->{err});
    like($check->{out}, qr/^Format +a Prometheus server's API$/m, 'the check tells what it is');

    my @metrics = ('direct = vllm:prefix_cache_queries', 'hits = vllm:prefix_cache_hits',
        'through = sum(vllm:prefix_cache_queries_total)', 'hits_through = sum(vllm:prefix_cache_hits_total)');
    my @run = ('-d', $rows, '-u', $mock->{url}, '-c', 5, '--reset-cache-url', 'auto', '--overwrite');
    my $run = until_same(sub {
        my $run = fluxperf(@run, '-o', "$scratch/both", '--prometheus-url', "$mock->{url}/metrics", $prometheus->{url},
            '--prometheus-metrics', @metrics);
        return ($run, [figures("$scratch/both", 'change', 'direct', 'hits')],
            [figures("$scratch/both", 'change', 'through', 'hits_through')]);
    }, 'one run reads the same from both');
    like($run->{err}, qr/^metrics: through is taken from sum\(/m, 'and says what it takes');
    cmp_ok(metric("$scratch/both", 5, 2, 'hits')->{change}, '>', 0, 'and these are figures');

    my @picked = qw(hit_rate prefix_hit_tokens prefix_query_tokens generation_tokens);
    until_same(sub {
        fluxperf(@run, '-o', "$scratch/alone", '--prometheus-url', "$mock->{url}/metrics");
        my $run = fluxperf(@run, '-o', "$scratch/server", '--prometheus-url', $prometheus->{url});
        return ($run, map { [figures("$scratch/$_", 'value', @picked)] } qw(alone server));
    }, 'two runs pick and measure the same, one from each');

    my $refused = fluxperf('-d', $rows, '-u', $mock->{url}, '-n', 2, '-o', "$scratch/refused", '--prometheus-url',
        $prometheus->{url}, '--prometheus-metrics', 'rate(', 'sum(up)');
    is($refused->{exit}, 0, 'an expression that it refuses ends nothing');
    is(() = $refused->{err} =~ /^warning: metrics: rate\(: .*parse error/mg, 1, 'is said once');
    is(metric("$scratch/refused", 1, 2, 'sum(up)')->{after}, 1, 'and keeps no other from its value');

    my $own = fluxperf('check', 'prometheus', "$prometheus->{url}/metrics", '--prometheus-metrics', 'go_goroutines',
        'p99(prometheus_engine_query_duration_seconds{slice="inner_eval"})', 'p90(prometheus_http_request_duration_seconds)');
    is($own->{exit}, 0, 'its own page has what is asked for') or diag($own->{out});
    unlike($own->{out}, qr/Broken/, 'and is read whole');
    stop($prometheus->{pid});
};

subtest 'the page of node_exporter' => sub {
    my $exporter = daemon('exporter', 'prometheus-node-exporter', '--web.listen-address=127.0.0.1:0');
    my $check = fluxperf('check', 'prometheus', "$exporter->{url}/metrics", '--prometheus-metrics', 'node_memory_MemTotal_bytes',
        'node_cpu_seconds{mode="idle"}', 'busy = go_memstats_heap_inuse_bytes / go_memstats_heap_sys_bytes');
    is($check->{exit}, 0, 'has what is asked for') or diag($check->{out}, $check->{err});
    unlike($check->{out}, qr/Broken/, 'and is read whole');
    like($check->{out}, qr/^  node_memory_MemTotal_bytes .* \d+ bytes$/m, 'values');
    $check = fluxperf('check', 'prometheus', "$exporter->{url}/metrics", '--prometheus-metrics', 'node_memory_total');
    is($check->{exit}, 1, 'status for a name that is not there');
    like($check->{out}, qr/node_memory_total: nearest are .*node_memory/, 'and the nearest ones');
    stop($exporter->{pid});
};

stop($mock->{pid});
# The clock goes 20 times as fast, so that half a minute takes less than two seconds.
subtest 'a server that never becomes idle is waited for half a minute' => sub {
    my $busy = mock(qw(--ttft 1 --itl 20 --reply-tokens 100000));
    my $other = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$busy->{port}") or die "connect: $!";
    my $body = '{"model":"m","stream":true,"max_tokens":100000,"messages":[{"role":"user","content":"long"}]}';
    print $other "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: "
        . length($body) . "\r\n\r\n$body";
    local $ENV{FLUXPERF_CLOCK_RATE} = 20;
    my $run = fluxperf('-d', $rows, '-u', $busy->{url}, qw(-n 2 -c 2 --rounds 2 --max-output-tokens 2 --cold-start none),
        '-o', "$scratch/busy");
    is($run->{exit}, 0, 'the run goes on all the same') or diag($run->{err});
    like($run->{err}, qr/^warning: the server is not idle after 3[0-9] s \(1 running\): going on$/m, 'and says so');
    my @lines = read_jsonl("$scratch/busy/journal.jsonl");
    my ($end) = grep { $_->{type} eq 'round_end' } @lines;
    my ($begin) = grep { $_->{type} eq 'round' && $_->{round} == 2 } @lines;
    my $waited_s = ($begin->{start_ns} - $end->{end_ns}) / 1e9;
    cmp_ok($waited_s, '>=', 30, 'round 2 began after that');
    cmp_ok($waited_s, '<', 60, 'and not much later');
    stop($busy->{pid});
};

done_testing;
