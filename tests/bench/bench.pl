#!/usr/bin/perl
# Prints one page: how true fluxperf's figures are and what it costs, beside what others cost: README.md.
# Usage: bench.pl FLUXPERF FOLDER-OF-SOURCE-AND-RECV_LOOP [SECTION]...
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use POSIX ();
use Bench;
use Accuracy;
use Metrics;
use Screen;
use Speed;

my %sections = (
    loads => \&Accuracy::print_loads, disturbed => \&Accuracy::print_disturbed, stopped => \&Accuracy::print_stopped,
    overload => \&Accuracy::print_overload, saturated => \&Speed::print_saturated, paced => \&Speed::print_paced,
    requests => \&Speed::print_requests, start => \&Speed::print_start, memory => \&Speed::print_memory,
    million => \&Speed::print_million, metrics => \&Metrics::print_metrics,
    screen => \&Screen::print_screen, unread => \&Screen::print_unread,
);
my @all = qw(loads disturbed stopped overload saturated paced requests start memory million metrics screen unread);
my ($fluxperf, $programs, @wanted) = @ARGV;
die "usage: bench.pl FLUXPERF FOLDER [@all]\n"
    if !defined $programs || grep { !$sections{$_} } @wanted;
@wanted = @all unless @wanted;

Bench::begin($fluxperf, $programs);
my ($model) = Fluxperf::slurp('/proc/cpuinfo') =~ /^model name\s*:\s*(.*)$/m;
my ($system, undef, $release) = POSIX::uname();
printf "%d × %s, %s %s; the source on processor %d, clients on %d\n", $bench{processors}, $model // 'processor',
    $system, $release, @bench{qw(source_core client_core)};
print "One processor: source and client share it, so the figures say little.\n" if $bench{processors} < 2;
for my $section (@wanted) {
    eval { $sections{$section}->(); 1 } or print "  not measured: $@";
    Bench::stop_all();
}

my @missed = missed();
print @missed ? "\nMissed aims:\n" . join('', map { "  $_\n" } @missed) : "\nAll aims are met.\n";
