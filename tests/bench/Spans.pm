# A run's figures over time, made from the lines of its journal alone, and whether a history agrees with them.
package Spans;

use strict;
use warnings;

use Exporter qw(import);
use POSIX qw(ceil);

our @EXPORT = qw(true_sums compare_spans);

my @SERIES = qw(ttft_ms chunk_gap_ms tokens finished failed in_flight cached);

sub number { return $_[0] =~ /"$_[1]":(\d+)/ ? $1 : undef }

# true_sums(JOURNAL): name of a series => sums of all its values before each second of the run. With a regular
# expression for each member: a day's journal is to be read in seconds.
sub true_sums
{
    my ($journal) = @_;
    my %in = map { $_ => [] } @SERIES;    # what falls into each second
    my @begun;                            # of in_flight: how many more are so from this second on
    open my $lines, '<', $journal or die "$journal: $!";
    while (my $line = <$lines>) {
        next if index($line, '{"type":"request"') != 0;
        my ($text) = $line =~ /^(.*?)"chunk_us":\[/ or die "a request without chunks: $line";
        my ($sent, $first, $end) = map { number($text, $_) } qw(sent_ns first_token_ns end_ns);
        my $dispatched = number($text, 'dispatched_ns');
        my $end_s = int($end / 1e9);
        $in{ttft_ms}[$first / 1e9] += ($first - $sent) / 1e6 if $sent && $first;
        $in{finished}[$end_s]++;
        $in{failed}[$end_s]++ if $text !~ /"error":"none"/;
        my ($prompt, $cached) = map { number($text, $_) } qw(prompt_tokens cached_tokens);
        $in{cached}[$end_s] += $cached if $prompt && defined $cached;
        my $begin_s = int($dispatched / 1e9);
        $in{in_flight}[$begin_s] += $begin_s + 1 - $dispatched / 1e9;
        $in{in_flight}[$end_s] -= $end_s + 1 - $end / 1e9;
        $begun[$begin_s + 1]++;
        $begun[$end_s + 1]--;
        my ($chunks) = $line =~ /"chunk_us":\[([\d,]*)\]/;
        my @chunks = split /,/, $chunks or next;
        my $tokens = number($text, 'completion_tokens') // @chunks;
        my $last;
        for my $us (@chunks) {
            my $second = int(($sent + 1000 * $us) / 1e9);
            $in{tokens}[$second] += $tokens / @chunks;
            $in{chunk_gap_ms}[$second] += ($us - $last) / 1e3 if defined $last;
            $last = $us;
        }
    }
    my $flying = 0;
    for my $second (0 .. $#begun) {
        $flying += $begun[$second] // 0;
        $in{in_flight}[$second] += $flying;
    }
    my %sums;
    for my $name (@SERIES) {
        my $sum = 0;
        $sums{$name} = [0, map { $sum += $_ // 0 } @{$in{$name}}];
    }
    return \%sums;
}

sub before
{
    my ($sums, $second) = @_;
    return 0 if $second <= 0 || !@$sums;
    return $sums->[$second < $#$sums ? $second : $#$sums];
}

# What a cell of a plot must say: buckets belong to the cell that holds their middle, and one that is narrower than a
# bucket shows all of that in its own middle.
sub truth
{
    my ($sums, $cell, $bucket) = @_;
    my ($begin, $end) = map { ceil(($_ - $bucket / 2) / $bucket) } @$cell{qw(from to)};
    if ($begin >= $end) {
        $begin = int(($cell->{from} + $cell->{to}) / 2 / $bucket);
        $end = $begin + 1;
    }
    return before($sums, $end * $bucket) - before($sums, $begin * $bucket);
}

# What is wrong with the first wrong cell, if buckets are so wide; "" where none is.
sub first_wrong
{
    my ($sums, $cells, $bucket) = @_;
    for my $cell (@$cells) {
        my $truth = truth($sums, $cell, $bucket);
        next if abs($cell->{sum} - $truth) <= 1e-6 * abs($truth) + 1e-3;
        return sprintf '%d s to %d s: %.9g, the journal has %.9g', @$cell{qw(from to sum)}, $truth;
    }
    return '';
}

# compare_spans(SUMS, LINES of `spans`): how many cells and windows were looked at, and what of them is wrong. The
# buckets are the finest that reach back to a window's start: of 1 s for about an hour, of 10 s for about a day.
sub compare_spans
{
    my ($sums, @lines) = @_;
    my (%windows, @wrong);
    my $whole = 0;
    for (@lines) {
        my ($name, $span, $from, $to, $sum) = split;
        $whole = $to if $to > $whole;
        my $window = $windows{"$name $span"} //= [];
        # A second window of that span begins where the cells go back in time.
        $window = $windows{"$name $span earlier"} //= [] if @$window && $from < $window->[-1]{to};
        push @$window, {from => $from, to => $to, sum => $sum};
    }
    for my $title (sort keys %windows) {
        my ($name) = split ' ', $title;
        my $age = $whole - $windows{$title}[0]{from};
        my @buckets = $age < 3600 ? (1) : $age < 4200 ? (1, 10) : $age < 86400 ? (10) : $age < 90000 ? (10, 60) : (60);
        my @says = map { first_wrong($sums->{$name}, $windows{$title}, $_) } @buckets;
        push @wrong, "$title: $says[0]" unless grep { $_ eq '' } @says;
    }
    return (scalar @lines, scalar keys %windows, @wrong);
}

1;
