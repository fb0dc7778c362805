# A run's figures over time, made from the lines of its journal alone, and whether a history agrees with them.
package Spans;

use strict;
use warnings;

use Exporter qw(import);

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

# compare_spans(SUMS, LINES of `spans`): how many cells were looked at, and what of them is wrong. A bucket of 1,
# 10 or 60 s, by age, belongs to one cell: so what was before an edge of a cell lies between the truth a bucket
# earlier and a bucket later.
sub compare_spans
{
    my ($sums, @lines) = @_;
    my (%windows, @wrong);
    my $whole = 0;
    for (@lines) {
        my ($name, $span, $from, $to, $sum, $covered) = split;
        $sum *= ($to - $from) / $covered if $covered > $to - $from;
        $whole = $to if $to > $whole;
        my $window = $windows{"$name $span"} //= [];
        # A second window of that span begins where the cells go back in time.
        $window = $windows{"$name $span earlier"} //= [] if @$window && $from < $window->[-1]{to};
        push @$window, {from => $from, to => $to, sum => $sum};
    }
    for my $title (sort keys %windows) {
        my ($name) = split ' ', $title;
        my $cells = $windows{$title};
        my $first = $cells->[0]{from};
        my $bucket = $first > $whole - 3600 ? 1 : $first > $whole - 86400 ? 10 : 60;
        my $all = before($sums->{$name}, $cells->[-1]{to} + 60) - before($sums->{$name}, $first - 60);
        my $slack = 1e-6 * ($all + 1);
        my $seen = 0;
        for my $cell (@$cells) {
            $seen += $cell->{sum};
            my $least = before($sums->{$name}, $cell->{to} - $bucket) - before($sums->{$name}, $first + $bucket);
            my $most = before($sums->{$name}, $cell->{to} + $bucket) - before($sums->{$name}, $first - $bucket);
            next if $seen >= $least - $slack && $seen <= $most + $slack;
            push @wrong, sprintf('%s s until %d s: %.6g, the journal has %.6g to %.6g', $title, $cell->{to}, $seen,
                $least, $most);
            last;
        }
    }
    return (scalar @lines, scalar keys %windows, @wrong);
}

1;
