#!/usr/bin/perl
# An afternoon in minutes: a run of an hour for each of MINUTES at 200 streams, by a clock 60 times as fast, on a
# terminal, with two viewers that come and go, a server that is restarted twice and an alarm. Prints one page, and
# fails when memory grows, when a plot or a file is not what the journal says, or when something got lost.
# Usage: afternoon.pl FLUXPERF BENCH_DIRECTORY MINUTES
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../e2e/lib", $FindBin::Bin;
use Digest::MD5;
use List::Util qw(max min sum0);
use Time::HiRes qw(sleep time);

my ($fluxperf, $bench, $minutes) = @ARGV;
die "usage: afternoon.pl FLUXPERF BENCH_DIRECTORY MINUTES\n" unless $minutes;
$ENV{FLUXPERF} = $fluxperf;
$ENV{FLUXPERF_CLOCK_RATE} = 60;
require Fluxperf;
Fluxperf->import;
require Spans;
Spans->import;
require Tmux;

my ($ROWS, $COLS) = (45, 140);
my $STREAMS = 200;
# After its first hour, of each process: the history of a day fills its buckets of 10 s, and of a pass some 6 KB stay.
my ($MOST_GROWTH_KB, $MOST_GROWTH_KB_AN_HOUR) = (512, 1024);
my $MOST_UNLIKE = 0.01;
my $hours = $minutes;
my $scratch = Fluxperf::scratch();
my $directory = "$scratch/out";
my $journal = "$directory/journal.jsonl";
my $rang = "$scratch/rang";
my @server = qw(--ttft 2000 --itl 950);
my $failed = 0;
$| = 1;
binmode STDOUT, ':utf8';

sub check
{
    my ($ok, $what, @more) = @_;
    printf "  %-8s %s\n", $ok ? 'ok' : 'NOT', $what;
    print map { "           $_\n" } @more unless $ok;
    $failed ||= !$ok;
}

# ---- the cast

my $rows = Fluxperf::dataset("$scratch/rows.jsonl", map { "sample-$_ asks for a word or two" } 1 .. 1000);
my $mock = Fluxperf::mock(@server);
my $port = $mock->{port};
my %terminal = map { $_ => Tmux->new($ROWS, $COLS) } qw(run first second);
my %pid;

sub start_run
{
    $terminal{run}->line("$fluxperf -d $rows -u $mock->{url} -c $STREAMS --free-run fresh --max-output-tokens 20"
        . " --timeout 3600 --connect-timeout 600 --give-up 86400 --alarm 'no token for 300s' --on-alarm 'echo \$FLUXPERF_ALARM >>$rang' -o $directory");
    $terminal{run}->wait_for(qr/RUNNING/, 30) or die "the run does not start:\n" . $terminal{run}->screen;
    $pid{run} = $terminal{run}->child;
}

sub attach
{
    my ($who) = @_;
    $terminal{$who}->line("$fluxperf view $directory");
    $terminal{$who}->wait_for(qr/\[1 Live\]/, 30) or check(0, "the $who viewer attaches", $terminal{$who}->screen);
    $pid{$who} = $terminal{$who}->child;
}

sub detach
{
    my ($who) = @_;
    delete $pid{$who};
    $terminal{$who}->keys('q');
    $terminal{$who}->wait_for(qr/ready>\s*\z/, 30) or check(0, "the $who viewer detaches", $terminal{$who}->screen);
}

# The journal grows to a quarter of a gigabyte: each of its lines is read once, and those kept that are few.
my ($read_to, $rest, $requests, $failures, @few) = (0, '', 0, 0);

sub read_on
{
    open my $file, '<:raw', $journal or return;
    seek $file, $read_to, 0;
    while (read $file, my $piece, 1 << 20) {
        $read_to += length $piece;
        my @lines = split /\n/, $rest . $piece, -1;
        $rest = pop @lines;
        my @told = grep { /^\{"type":"request"/ } @lines;
        $requests += @told;
        $failures += grep { !/"error":"none"/ } @told;
        push @few, grep { !/^\{"type":"(?:request|sample|now)"/ } @lines;
    }
}

sub said { my ($words) = @_; read_on(); return scalar grep { /^\{"type":"change".*$words/ } @few }
sub passes { read_on(); return grep { /^\{"type":"round_end"/ } @few }

sub kill_server
{
    kill KILL => $mock->{pid};
    Fluxperf::stop($mock->{pid});
    delete $pid{server};
}

sub start_server
{
    $mock = Fluxperf::mock(@server, '--port', $port);
    $pid{server} = $mock->{pid};
}

# A minute of silence after another, until the alarm is raised.
sub long_restart
{
    kill_server();
    check(Fluxperf::wait_until(sub { said('raised: no token') }, 30), 'the server is away, and the alarm is raised');
    start_server();
    check(Fluxperf::wait_until(sub { said('cleared: no token') }, 30), 'it is back, and the alarm is cleared');
}

# At once: it may be back before anybody misses it.
sub short_restart
{
    my ($cut, $passes) = ($failures, scalar passes());
    kill_server();
    start_server();
    check(Fluxperf::wait_until(sub { passes() > $passes + 1 && $failures > $cut }, 30),
        'it is restarted once more, and passes go on');
}

# ---- the screens

# What stands in the boxes of the plots.
sub plots
{
    my ($screen) = @_;
    return grep { /[\x{2800}-\x{28ff}]/ && /^│/ } split /\n/, $screen;
}

my @SPANS = ('a second each', '30 s', '1 min', '2 min', '5 min', '10 min', '30 min', '1 h', '4 h', 'a day', 'a week',
    'the whole run');

# Goes through all spans of Live; returns the plots at each.
sub at_all_spans
{
    my ($terminal) = @_;
    $terminal->keys('1', 'End', map { '[' } @SPANS);
    my @seen;
    for my $span (0 .. $#SPANS) {
        sleep 0.7;
        push @seen, join "\n", plots($terminal->screen);
        $terminal->keys(']');
    }
    return @seen;
}

sub same_plots
{
    my ($a, $b) = @_;
    my @wrong = grep { $a->[$_] ne $b->[$_] || $a->[$_] eq '' } 0 .. $#SPANS;
    return map { ("at $SPANS[$_]:", split(/\n/, $a->[$_]), 'and', split(/\n/, $b->[$_])) } @wrong;
}

# A run sees its requests as events, each for itself: a value at an edge may lie a dot higher or a column further on,
# and where a span shows a few columns only, one such is much of them. The share of other characters in all that is drawn.
sub share_unlike
{
    my ($a, $b) = @_;
    my @pairs = map { my $span = $_; map { [substr($a->[$span], $_, 1), substr($b->[$span], $_, 1)] } 0 .. length($b->[$span]) - 1 }
        0 .. $#SPANS;
    my @drawn = grep { "@$_" =~ /[\x{2800}-\x{28ff}]/ } @pairs;
    return @drawn ? (grep { $_->[0] ne $_->[1] } @drawn) / @drawn : 1;
}

# ---- memory

my @looks;

sub look
{
    my ($hour) = @_;
    my %now = (hour => $hour, descriptors => Fluxperf::descriptors($pid{run}));
    for my $who (keys %pid) {
        $now{$who} = $1 if Fluxperf::slurp("/proc/$pid{$who}/status") =~ /^VmRSS:\s+(\d+)/m;
    }
    push @looks, \%now;
    return \%now;
}

sub show
{
    my ($now) = @_;
    printf "%6.2f %8d %s %12d\n", $now->{hour}, scalar passes(),
        join(' ', map { sprintf '%9s', $now->{$_} // '-' } qw(run first second server)), $now->{descriptors};
}

# From an hour after it began on.
sub check_growth
{
    my ($who, $began) = @_;
    my @late = grep { $_->{$who} && $_->{hour} >= $began + 1 } @looks;
    return unless @late > 2;
    my @kb = map { $_->{$who} } @late;
    my $grew = max(@kb) - min(@kb[0 .. 1]);
    my $allowed = $MOST_GROWTH_KB + $MOST_GROWTH_KB_AN_HOUR * ($late[-1]{hour} - $late[0]{hour});
    check($grew <= $allowed,
        sprintf('memory of %s, from its second hour on: %.1f MB, grew by %.1f (at most %.1f)', $who, $kb[-1] / 1024,
            $grew / 1024, $allowed / 1024));
}

# ---- the play

print "$hours hours in $minutes minutes: $STREAMS streams, a clock 60 times as fast\n\n";
printf "%6s %8s %s %12s\n", 'hour', 'passes', join(' ', map { sprintf '%9s', $_ } 'run KB', 'first', 'second', 'server'),
    'descriptors';
start_run();
$pid{server} = $mock->{pid};
my $begun = time;
my @plan = (
    [0.08, sub { attach('first') }],
    [0.12, sub { attach('second') }],
    [0.25, \&long_restart],
    [0.40, sub { detach('second') }],
    [0.50, sub { attach('second') }],
    [0.60, \&short_restart],
    [0.75, sub { detach('second') }],
    [0.80, sub { at_all_spans($terminal{first}) }],
);
my $shown = -1;
while ((my $done = (time - $begun) / 60 / $minutes) < 1) {
    my $now = look($done * $hours);
    if (int($done * 12) > $shown) {
        $shown = int($done * 12);
        show($now);
    }
    (shift @plan)->[1]->() while @plan && $plan[0][0] <= $done;
    sleep 0.5;
}
show(look($hours));
print "\n";
check($terminal{run}->screen =~ /RUNNING/, 'it is still running');
$terminal{run}->keys('X');
$terminal{run}->keys('y');
check($terminal{run}->wait_for(qr/ENDED EARLY/, 60), 'it is stopped by a key, and its screen stays', $terminal{run}->screen);
check($terminal{first}->wait_for(qr/ENDED EARLY/, 60), 'who follows sees its end');

# ---- afterwards

Fluxperf::wait_until(sub { -e "$directory/figures.csv" }, 60);
$terminal{second}->line("$fluxperf view $directory");
$terminal{second}->wait_for(qr/ENDED EARLY/, 60);
my %seen = map { $_ => [at_all_spans($terminal{$_})] } qw(run first second);
my @wrong = same_plots($seen{first}, $seen{second});
check(!@wrong, scalar(@SPANS) . ' spans: plots of who followed are those of the journal', @wrong);
my $unlike = share_unlike($seen{run}, $seen{second});
check($unlike < $MOST_UNLIKE, sprintf('those of the run itself are too, but for %.2f %% of what is drawn', 100 * $unlike));
$_->keys('q') for values %terminal;
check($terminal{run}->wait_for(qr/ready>\s*\z/, 60), 'the run ends', $terminal{run}->screen);
Fluxperf::stop($mock->{pid});

my ($cells, $windows, @off) = compare_spans(true_sums($journal), split /\n/, `$bench/spans $journal`);
check($windows && !@off, "$cells values in $windows plots of all spans are what the journal's requests say", @off);

my @ends = map { JSON::PP->new->utf8->decode($_) } passes();
my %sum = map { my $key = $_; $key => sum0(map { $_->{$key} } @ends) } qw(planned succeeded failed cancelled not_sent);
my @unbalanced = grep { $_->{planned} != $_->{succeeded} + $_->{failed} + $_->{cancelled} + $_->{not_sent} } @ends;
check(!@unbalanced && $requests == $sum{succeeded} + $sum{failed} + $sum{cancelled}, sprintf
    'in %d passes %d requests were planned: %d succeeded, %d failed, %d cancelled, %d not sent', scalar @ends,
    @sum{qw(planned succeeded failed cancelled not_sent)});
check($sum{failed} > 0 && $sum{failed} < 8 * $STREAMS, 'those that failed were under way when the server went');
my $missed = said('server is down');
check($missed && $missed == said('server is back'), 'each time that the server was missed it was found again');
check(said('raised: ') == 1 && said('cleared: ') == 1 && Fluxperf::slurp($rang) eq "no token for 300s\n",
    'the alarm was raised and cleared once, and its command ran once');

my @files = map { s{.*/}{}r } grep { !/journal/ } glob "$directory/*.csv $directory/*.json";
my @missing = grep { !-s "$directory/$_" } qw(metrics_summary.csv figures.csv timeline.csv prometheus.csv),
    map { "concurrency_${STREAMS}_round_$_->{round}.json" } @ends;
check(!@missing && @files == @ends + 4, scalar(@files) . ' files are there', @missing);
my $digest = sub {
    open my $file, '<:raw', "$directory/$_[0]" or return '';
    return Digest::MD5->new->addfile($file)->hexdigest;
};
my %before = map { $_ => $digest->($_) } @files;
my $export = Fluxperf::fluxperf({timeout => 300}, 'export', $directory);
my @other = grep { $before{$_} ne $digest->($_) } @files;
check($export->{exit} == 0 && !@other, 'and export makes the same ones of the journal', @other);

check_growth('run', 0);
check_growth('first', 0.08 * $hours);
check_growth('second', 0.5 * $hours);
check_growth('server', 0.6 * $hours);
# While a pass opens its connections those of the one before are still there.
my @descriptors = map { $_->{descriptors} } @looks;
my ($early, $late) = (min(@descriptors[@looks / 8 .. @looks / 4]), min(@descriptors[@looks * 7 / 8 .. $#looks]));
check($late <= $early + 8 && max(@descriptors) <= 2 * $STREAMS + 80,
    "descriptors: $early in the beginning, $late in the end, " . max(@descriptors) . ' at most');
print $failed ? "\nSomething is wrong.\n" : "\nAll is well.\n";
exit $failed;
