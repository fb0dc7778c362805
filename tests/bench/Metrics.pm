# What reading the server's metrics costs, and whether it delays those who time chunks.
package Metrics;

use strict;
use warnings;
use JSON::PP ();
use Bench;
use Fluxperf ();

sub print_page
{
    my $output = "$bench{scratch}/page";
    cpu_of($output, "$bench{programs}/metrics_page");
    my $read = JSON::PP->new->decode(Fluxperf::slurp($output));
    title(sprintf 'A page of metrics of %d lines, %.1f MB', $read->{samples}, $read->{bytes} / 1e6);
    line('read for %d columns %.2f ms of one processor   aim 20: %s', $read->{columns}, $read->{read_ms},
        judge('a page of metrics, ms', $read->{read_ms}, 20));
    line('looked over, once, for what there is: %.2f ms', $read->{look_ms});
}

# P99 of the lag in ms, and how often the page was read.
sub stamp_lag
{
    my ($source, $url) = @_;
    my $run = run_fluxperf($source, {concurrency => 64, requests => 192,
        options => ['--no-text', '--prometheus-url', $url, '--prometheus-interval', '0.1']});
    my $reads = grep { $_->{type} eq 'sample' && $_->{values} } Fluxperf::read_jsonl("$run->{directory}/journal.jsonl");
    return ($run->{health}{stamp_lag_p99_ns} / 1e6, $reads);
}

sub print_reading
{
    my $source = start_source(qw(--ttft 100 --itl 20 --tokens 50));
    my $page = start_server('page', "$bench{programs}/metrics_page", 'serve');
    my ($without) = stamp_lag($source, 'none');
    my ($with, $reads) = stamp_lag($source, "http://127.0.0.1:$page->{port}");
    title("The same page read $reads times in a run of 64 streams, on the one processor of the client");
    line('own stamp lag P99 %.3f ms without, %.3f ms with   aim 1 more: %s', $without, $with,
        judge('a page of metrics read beside streams: lag P99, ms more', $with - $without, 1));
}

sub print_metrics
{
    print_page();
    print_reading();
}

1;
