#!/usr/bin/perl
# What reading the server's metrics costs, and whether it delays those who time chunks.
# Usage: metrics.pl FLUXPERF FOLDER-OF-SOURCE-AND-METRICS_PAGE
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../e2e/lib";
use JSON::PP ();
use POSIX ();

my ($fluxperf, $programs) = @ARGV;
die "usage: metrics.pl FLUXPERF FOLDER\n" unless defined $programs;
$ENV{FLUXPERF} = $fluxperf;
require Fluxperf;

my $processors = () = Fluxperf::slurp('/proc/cpuinfo') =~ /^processor\s*:/mg;
my ($server_core, $client_core) = $processors > 1 ? (0, 1) : (0, 0);
my $scratch = Fluxperf::scratch();

# A server that prints its port; returns {pid, port}.
sub start_server
{
    my ($name, @words) = @_;
    my $log = "$scratch/$name.log";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', $log or POSIX::_exit(127);
        exec 'taskset', '-c', $server_core, @words or POSIX::_exit(127);
    }
    Fluxperf::adopt($pid);
    my $port;
    Fluxperf::wait_until(sub { -e $log && Fluxperf::slurp($log) =~ /:(\d+)\n/ and $port = $1 })
        or die "$name does not start\n";
    return {pid => $pid, port => $port};
}

my $read = JSON::PP->new->decode(scalar `taskset -c $client_core $programs/metrics_page`);
printf "A page of metrics of %d lines, %.1f MB\n", $read->{samples}, $read->{bytes} / 1e6;
printf "  read       %7.2f ms of one core for %d columns    aim: below 20: %s\n", $read->{read_ms}, $read->{columns},
    $read->{read_ms} < 20 ? 'ok' : 'ABOVE ITS AIM';
printf "  looked over %6.2f ms, once, for what there is\n", $read->{look_ms};

my $source = start_server('source', "$programs/source", qw(--ttft 100 --itl 20 --tokens 50));
my $page = start_server('page', "$programs/metrics_page", 'serve');
my $rows = Fluxperf::dataset("$scratch/rows.jsonl", 192);

sub stamp_lag
{
    my ($url) = @_;
    my $run = Fluxperf::fluxperf({wrap => ['taskset', '-c', $client_core]}, '-d', $rows, '-u',
        "127.0.0.1:$source->{port}", '-c', 64, '--rounds', 1, '--ui', 'none', '--no-text', '--overwrite', '-o', "$scratch/out",
        '--prometheus-url', $url, '--prometheus-interval', '0.1');
    die $run->{err} if $run->{exit};
    my ($health) = grep { $_->{type} eq 'round_end' } Fluxperf::read_jsonl("$scratch/out/journal.jsonl");
    my $scrapes = grep { $_->{type} eq 'sample' && $_->{values} } Fluxperf::read_jsonl("$scratch/out/journal.jsonl");
    return ($health->{stamp_lag_p99_ns} / 1e6, $scrapes);
}

my ($without) = stamp_lag('none');
my ($with, $scrapes) = stamp_lag("http://127.0.0.1:$page->{port}");
printf "\nThe same page read %d times in a run of 64 streams, on the one core of the client\n", $scrapes;
printf "  own stamp lag P99 %.3f ms without, %.3f ms with    aim: not 1 ms more: %s\n", $without, $with,
    $with - $without < 1 ? 'ok' : 'ABOVE ITS AIM';
Fluxperf::stop($_->{pid}) for $source, $page;
