# What fluxperf costs, beside the plainest loop and beside other clients of the same source.
package Speed;

use strict;
use warnings;
use Bench;
use IO::Socket::INET;
use JSON::PP ();
use Time::HiRes qw(time);

sub there { return !system 'sh', '-c', 'command -v "$1" >/dev/null 2>&1', 'sh', $_[0] }

# CPU ns a chunk of fluxperf, less what the same requests with one chunk each cost.
sub chunk_ns
{
    my ($options, $run, $tokens) = @_;
    my @cpu;
    for my $count ($tokens, 1) {
        my $source = start_source(@$options, '--tokens', $count);
        push @cpu, least(map { run_fluxperf($source, $run)->{cpu} } 1 .. ($run->{times} // 1));
        stop_source($source);
    }
    return 1e9 * ($cpu[0] - $cpu[1]) / ($run->{requests} * ($tokens - 1));
}

sub loop_ns
{
    my ($options, $run, $tokens, $spread_ms) = @_;
    my @cpu;
    for my $count ($tokens, 1) {
        my $source = start_source(@$options, '--tokens', $count);
        push @cpu, least(map {
            my $said = run_loop($source, $run->{concurrency}, $run->{requests} / $run->{concurrency}, $spread_ms // 0);
            $said->{cpu_ns_per_chunk} * $said->{chunks};
        } 1 .. ($run->{times} // 1));
        stop_source($source);
    }
    return ($cpu[0] - $cpu[1]) / ($run->{requests} * ($tokens - 1));
}

sub print_saturated
{
    title('CPU for each chunk, 64 streams as fast as the sockets take them (ns; the least of three)');
    my $run = {concurrency => 64, requests => 640, options => ['--no-text'], times => 3};
    my @source = ('--saturate');
    my $plain = loop_ns(\@source, $run, 2000);
    my $ours = chunk_ns(\@source, $run, 2000);
    line('plain loop %6.0f', $plain);
    line('fluxperf   %6.0f   %.2f times the loop   aim: 300, 1.5 times: %s, %s', $ours, $ours / $plain,
        judge('saturated: ns for each chunk', $ours, 300), judge('saturated: times the plain loop', $ours / $plain, 1.5));
    my $two = chunk_ns(\@source, {%$run, options => ['--no-text', '--workers', 2], times => 1}, 2000);
    line('two workers on one processor %.0f, %.2f times one worker', $two, $two / $ours);
    print_scaling() if $bench{processors} >= 4;
    note('two workers against one: not shown here, that takes four processors') if $bench{processors} < 4;
    return unless there('h2load');
    my $h2load = others_cpu(2000, 640, sub { h2load_words(@_, 640) });
    line('h2load     %6.0f   it parses no event', 1e9 * $h2load / (640 * 2000));
}

sub print_scaling
{
    my @wall = map {
        my $workers = $_;
        my $source = start_source('--saturate', '--tokens', 2000);
        my $run = run_fluxperf($source, {concurrency => 64, requests => 640, core => "1-$workers",
            options => ['--no-text', '--workers', $workers]});
        stop_source($source);
        $run->{wall};
    } 1, 2;
    line('two workers against one: %.2f times as fast   aim 1.8: %s', $wall[0] / $wall[1],
        judge('one worker against two, time', $wall[1] / $wall[0], 1 / 1.8));
}

sub print_paced
{
    title('CPU for each chunk, paced: 51,200 a second in all (µs; the least of three)');
    note('streams  each ms   plain loop   fluxperf   times');
    my %ours;
    for my $load ([64, 1.25, 1600], [1024, 20, 100], [8000, 160, 13]) {
        my ($streams, $itl_ms, $tokens) = @$load;
        my @source = ('--ttft', 100, '--itl', $itl_ms);
        my $run = {concurrency => $streams, requests => $streams, options => ['--no-text'], times => 3};
        my $plain = loop_ns(\@source, $run, $tokens, $itl_ms < 20 ? 20 : $itl_ms);
        $ours{$streams} = chunk_ns(\@source, $run, $tokens);
        line('%6d   %7g   %10.2f   %8.2f   %5.2f%s', $streams, $itl_ms, $plain / 1e3, $ours{$streams} / 1e3,
            $ours{$streams} / $plain,
            $streams == 1024 ? '   aim 1.3: ' . judge('paced, 1024 streams: times the plain loop', $ours{$streams} / $plain, 1.3) : '');
    }
    line('8,000 streams cost %.2f times what 64 cost for each chunk   aim 1.3: %s', $ours{8000} / $ours{64},
        judge('a chunk at 8,000 streams against 64', $ours{8000} / $ours{64}, 1.3));
}

# ---- other clients

sub h2load_words
{
    my ($port, $requests) = @_;
    return ('h2load', '--h1', '-t', 1, '-c', 64, '-n', $requests, '-d', "$bench{scratch}/body",
        '-H', 'content-type: application/json', "http://127.0.0.1:$port/v1/chat/completions");
}

sub others_cpu
{
    my ($tokens, $requests, $words) = @_;
    Fluxperf::spew("$bench{scratch}/body", '{"model":"bench","stream":true,"messages":[]}');
    my $source = start_source('--saturate', '--tokens', $tokens);
    my $cpu = cpu_of("$bench{scratch}/other", $words->($source->{port}, $requests))->{cpu};
    stop_source($source);
    return $cpu;
}

sub wrk_words
{
    my ($port) = @_;
    Fluxperf::spew("$bench{scratch}/post.lua", qq(wrk.method = "POST"\nwrk.body = '{"stream":true}'\n));
    return ('wrk', '-t', 1, '-c', 64, '-d', '2s', '-s', "$bench{scratch}/post.lua",
        "http://127.0.0.1:$port/v1/chat/completions");
}

sub print_requests
{
    title('CPU for each request of one chunk, 64 connections (µs)');
    my $source = start_source('--saturate', '--tokens', 1);
    my $few = run_fluxperf($source, {concurrency => 64, requests => 64, options => ['--no-text']})->{cpu};
    my $many = run_fluxperf($source, {concurrency => 64, requests => 20064, options => ['--no-text']})->{cpu};
    stop_source($source);
    line('fluxperf %6.1f   with its record, its journal line and its share of the files', ($many - $few) / 20000 * 1e6);
    line('h2load   %6.1f', others_cpu(1, 20000, \&h2load_words) / 20000 * 1e6) if there('h2load');
    return unless there('wrk');
    my $cpu = others_cpu(1, 0, \&wrk_words);
    my ($count) = Fluxperf::slurp("$bench{scratch}/other") =~ /(\d+) requests in/;
    line('wrk      %6.1f', $cpu / $count * 1e6) if $count;
    note('not here: ' . join ' ', grep { !there($_) } qw(h2load wrk)) if !there('h2load');
}

# ---- start

# From exec to the first byte at a server, ms; the least of five.
sub first_byte_ms
{
    my ($words) = @_;
    my @times;
    for (1 .. 5) {
        my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "listen: $!";
        my $begun = time;
        my $pid = spawn_on($bench{client_core}, "$bench{scratch}/first", $words->($listener->sockport));
        my $socket = $listener->accept;
        sysread $socket, my $byte, 1;
        push @times, 1e3 * (time - $begun);
        Bench::end_process($pid);
    }
    return least(@times);
}

sub print_start
{
    title('Start');
    my $rows = Fluxperf::dataset("$bench{scratch}/rows.jsonl", 10);
    my $ours = first_byte_ms(sub { ($bench{fluxperf}, '-d', $rows, '-u', "127.0.0.1:$_[0]", '--ui', 'none',
        '-o', "$bench{scratch}/first-out", '--overwrite') });
    line('from exec to the first byte sent: fluxperf %.1f ms%s', $ours, there('curl')
        ? sprintf ', curl %.1f ms', first_byte_ms(sub { ('curl', '-s', "http://127.0.0.1:$_[0]/") }) : '');

    my @options = ('--ttft', 1, '--itl', 1, '--tokens', 1);
    my $source = start_source(@options);
    run_fluxperf($source, {concurrency => 8000, requests => 8000, options => ['--no-text']});
    my %ours = stop_source($source);
    $source = start_source(@options);
    run_loop($source, 8000, 1);
    my %loop = stop_source($source);
    line('8,000 connections open within: fluxperf %.0f ms, plain loop %.0f ms, %.1f times', $ours{opened_within_ms},
        $loop{opened_within_ms}, $ours{opened_within_ms} / $loop{opened_within_ms});
}

# ---- memory, and a million requests

sub print_memory
{
    title('Memory');
    my %peak;
    for my $streams (64, 8000) {
        my $source = start_source('--ttft', 1500, '--itl', 160, '--tokens', 10);
        $peak{$streams} = run_fluxperf($source, {concurrency => $streams, requests => $streams})->{peak_kb};
        stop_source($source);
    }
    my $each = ($peak{8000} - $peak{64}) / (8000 - 64);
    line('%.1f MB at 64 streams, %.1f MB at 8,000: %.1f KB for each stream   aim 8: %s', $peak{64} / 1024,
        $peak{8000} / 1024, $each, judge('memory of a stream, KB', $each, 8));
    my $rows = Fluxperf::dataset("$bench{scratch}/rows.jsonl", 100000);
    line('100,000 streams on one machine, %.1f GB of it in fluxperf. A dry run says:', $each * 1e5 / 1024 / 1024);
    my $said = qx($bench{fluxperf} -d $rows -u 127.0.0.1:9 -c 100000 --dry-run -o $bench{scratch}/dry 2>&1);
    note("  $_") for grep { /^needs|error:/ } split /\n/, $said;
}

# A journal of a million requests is made of one of a few.
sub print_million
{
    title('A million requests on disk');
    my $source = start_source('--ttft', 1, '--itl', 1, '--tokens', 8);
    my $run = run_fluxperf($source, {concurrency => 64, requests => 1000, options => ['--no-text']});
    stop_source($source);
    my ($from, $to) = ("$run->{directory}/journal.jsonl", "$bench{scratch}/million");
    mkdir $to;
    multiply($from, "$to/journal.jsonl", 1000);
    my $export = cpu_of("$bench{scratch}/export", $bench{fluxperf}, 'export', $to);
    my $count = cpu_of("$bench{scratch}/wc", 'wc', '-lw', "$to/journal.jsonl");
    line('journal of %.0f MB: export, with its report, %.1f s and %.0f MB of memory; wc -lw %.1f s', (-s "$to/journal.jsonl") / 1e6,
        $export->{wall}, $export->{peak_kb} / 1024, $count->{wall});
}

sub multiply
{
    my ($from, $to, $times) = @_;
    open my $in, '<', $from or die "$from: $!";
    open my $out, '>', $to or die "$to: $!";
    my (@requests, @behind);
    while (<$in>) {
        s/"planned":1000/"planned":1000000/;
        s/"succeeded":1000/"succeeded":1000000/;
        s/"samples":1000/"samples":1000000/;
        if (/^\{"type":"request"/) { push @requests, $_ }
        elsif (@requests) { push @behind, $_ }
        else { print $out $_ }
    }
    my $index = 0;
    for (1 .. $times) {
        for my $line (@requests) {
            (my $other = $line) =~ s/"index":\d+,"sample":\d+/"index":$index,"sample":$index/;
            print $out $other;
            $index++;
        }
    }
    print $out @behind;
    close $out or die "$to: $!";
}

1;
