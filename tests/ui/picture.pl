#!/usr/bin/perl
# Draws what a terminal shows as SVG: tmux capture-pane -ep | picture.pl COLUMNS >picture.svg
# Dots, blocks and box lines are drawn as shapes, so that they join in every font.
use strict;
use warnings;
use utf8;
use open qw(:std :utf8);

my ($columns) = @ARGV or die "usage: tmux capture-pane -ep | picture.pl COLUMNS\n";
my ($width, $height, $margin) = (8.4, 17, 12);
my ($ink, $paper) = ('#d5dae2', '#14171c');
my @basic = map { "#$_" } qw(1c2026 e06c75 98c379 e5c07b 61afef c678dd 56b6c2 c8ccd4
    5c6370 e06c75 98c379 e5c07b 61afef c678dd 56b6c2 ffffff);

sub colour_256
{
    my ($number) = @_;
    return $basic[$number] if $number < 16;
    return sprintf '#%02x%02x%02x', (8 + 10 * ($number - 232)) x 3 if $number >= 232;
    my @steps = (0, 95, 135, 175, 215, 255);
    my $cube = $number - 16;
    return sprintf '#%02x%02x%02x', @steps[int($cube / 36), int($cube / 6) % 6, $cube % 6];
}

# ---- from escape sequences to cells: [character, colour, bold, ground]

my %pen = (colour => $ink, bold => 0, dim => 0, ground => undef, reverse => 0);

sub set_pen
{
    my @codes = split /[;:]/, $_[0] eq '' ? '0' : $_[0];
    while (@codes) {
        my $code = shift @codes;
        if ($code == 0) { %pen = (colour => $ink, bold => 0, dim => 0, ground => undef, reverse => 0) }
        elsif ($code == 1) { $pen{bold} = 1 }
        elsif ($code == 2) { $pen{dim} = 1 }
        elsif ($code == 7) { $pen{reverse} = 1 }
        elsif ($code == 22) { @pen{qw(bold dim)} = (0, 0) }
        elsif ($code == 27) { $pen{reverse} = 0 }
        elsif ($code == 39) { $pen{colour} = $ink }
        elsif ($code == 49) { $pen{ground} = undef }
        elsif ($code == 38 || $code == 48) {
            my $kind = shift @codes;
            my $colour = $kind == 5 ? colour_256(shift @codes) : sprintf '#%02x%02x%02x', splice @codes, 0, 3;
            $pen{$code == 38 ? 'colour' : 'ground'} = $colour;
        }
        elsif ($code >= 30 && $code <= 37) { $pen{colour} = $basic[$code - 30] }
        elsif ($code >= 90 && $code <= 97) { $pen{colour} = $basic[$code - 82] }
        elsif ($code >= 40 && $code <= 47) { $pen{ground} = $basic[$code - 40] }
    }
}

my @rows;
while (my $line = <STDIN>) {
    chomp $line;
    my @cells;
    while ($line =~ /\G(?:\e\[([\d;:]*)m|\e\([AB0]|[\x0e\x0f]|(.))/gs) {
        if (defined $1) { set_pen($1) }
        elsif (defined $2) {
            my ($front, $back) = $pen{reverse} ? ($pen{ground} // $paper, $pen{colour}) : @pen{qw(colour ground)};
            push @cells, [$2, $front, $pen{bold}, $back];
        }
    }
    push @rows, \@cells;
}
pop @rows while @rows && !@{$rows[-1]};

# ---- from cells to shapes

my (%dots, %lines, %blocks, @texts, @grounds);

sub x_of { return $margin + $_[0] * $width }
sub y_of { return $margin + $_[0] * $height }
sub number { return (sprintf '%.1f', $_[0]) =~ s/\.0$//r }

# Rows of dots are dashed lines.
sub add_dots
{
    my ($row, $column, $character, $colour) = @_;
    my $bits = ord($character) - 0x2800;
    my @places = ([0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [0, 3], [1, 3]);
    for my $bit (0 .. 7) {
        push @{$dots{$colour}{$row * 4 + $places[$bit][1]}}, $column * 2 + $places[$bit][0] if $bits >> $bit & 1;
    }
}

my %shares = ('█' => [0, 0, 1, 1], '░' => [0, 0, 1, 1]);
my $part = 0;
$shares{$_} = [0, 1 - ++$part / 8, 1, $part / 8] for split //, '▁▂▃▄▅▆▇';
$part = 0;
$shares{$_} = [0, 0, ++$part / 8, 1] for split //, '▏▎▍▌▋▊▉';

# Where a line of the box characters goes from the middle: left, right, up, down.
my %joins = ('─' => 'lr', '│' => 'ud', '╭' => 'rd', '╮' => 'ld', '╰' => 'ru', '╯' => 'lu', '┴' => 'lru', '├' => 'rud',
    '┤' => 'lud', '┬' => 'lrd', '┼' => 'lrud');

sub add_join
{
    my ($row, $column, $joins, $colour) = @_;
    my ($x, $y) = (x_of($column), y_of($row));
    my ($middle, $centre) = ($x + $width / 2, $y + $height / 2);
    my @ends = map { {l => [$x, $centre], r => [$x + $width, $centre], u => [$middle, $y], d => [$middle, $y + $height]}->{$_} }
        split //, $joins;
    if (@ends == 2 && $joins !~ /lr|ud/) {
        $lines{$colour} .= sprintf 'M%s %sQ%s %s %s %s', map { number($_) } @{$ends[0]}, $middle, $centre, @{$ends[1]};
    } else {
        $lines{$colour} .= sprintf 'M%s %sL%s %s', map { number($_) } $middle, $centre, @$_ for @ends;
    }
}

for my $row (0 .. $#rows) {
    my ($cells, $run, $line) = ($rows[$row]);
    for my $column (0 .. $#$cells) {
        my ($character, $colour, $bold, $ground) = @{$cells->[$column]};
        if ($ground && @grounds && $grounds[-1][0] == $row && $grounds[-1][2] eq $ground
            && $grounds[-1][1] + $grounds[-1][3] == $column) { $grounds[-1][3]++ }
        elsif ($ground) { push @grounds, [$row, $column, $ground, 1] }
        my $previous = $line;
        ($line) = ();
        if ($character =~ /[\x{2800}-\x{28ff}]/) { add_dots($row, $column, $character, $colour); undef $run }
        elsif ($shares{$character}) {
            my ($left, $top, $wide, $high) = @{$shares{$character}};
            my $key = $character eq '░' ? "$colour\" fill-opacity=\".45" : $colour;
            $blocks{$key} .= sprintf 'M%s %sh%sv%sh-%sz', map { number($_) } x_of($column + $left), y_of($row + $top),
                ($width * $wide) x 1, $height * $high, $width * $wide;
            undef $run;
        }
        elsif ($character eq '─' && $previous && $previous->[2] eq $colour) { $previous->[1] = $column; $line = $previous; undef $run }
        elsif ($character eq '─') { push @texts, $line = [$column, $column, $colour, $row]; undef $run }
        elsif ($joins{$character}) { add_join($row, $column, $joins{$character}, $colour); undef $run }
        elsif ($character eq ' ' && !($run && $run->{text} =~ /\S$/)) { undef $run }
        elsif ($run && $run->{colour} eq $colour && $run->{bold} == $bold) { $run->{text} .= $character }
        else { push @texts, $run = {row => $row, column => $column, colour => $colour, bold => $bold, text => $character} }
    }
}

# ---- the picture

my %area;
$area{$_->[2]} += $_->[3] for @grounds;
my ($most) = sort { $area{$b} <=> $area{$a} } keys %area;
$paper = $most if $most && $area{$most} > @rows * $columns / 2;
@grounds = grep { $_->[2] ne $paper } @grounds;

my ($whole_width, $whole_height) = map { int } $columns * $width + 2 * $margin, @rows * $height + 2 * $margin;
print qq(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $whole_width $whole_height" font-family="DejaVu Sans Mono,Menlo,Consolas,monospace" font-size="14">\n),
    qq(<rect width="100%" height="100%" rx="8" fill="$paper"/>\n);
printf qq(<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>\n), (map { number($_) } x_of($_->[1]), y_of($_->[0]), $width * $_->[3], $height), $_->[2] for @grounds;
print qq(<path fill="$_" d="$blocks{$_}"/>\n) =~ s/" fill-opacity/" fill-opacity/r for sort keys %blocks;

my $dot = 2.6;
for my $colour (sort keys %dots) {
    my $path = '';
    for my $level (sort { $a <=> $b } keys %{$dots{$colour}}) {
        my @at = sort { $a <=> $b } @{$dots{$colour}{$level}};
        while (@at) {
            my $from = my $to = shift @at;
            $to = shift @at while @at && $at[0] == $to + 1;
            $path .= sprintf 'M%s %sh%s', map { number($_) } $margin + ($from + .5) * $width / 2 - $dot / 2,
                $margin + ($level + .5) * $height / 4, ($to - $from) * $width / 2 + $dot;
        }
    }
    printf qq(<path stroke="%s" stroke-width="%s" stroke-dasharray="%s %s" d="%s"/>\n), $colour, $dot, $dot, $width / 2 - $dot, $path;
}
for my $rule (grep { ref eq 'ARRAY' } @texts) {
    my ($from, $to, $colour, $row) = @$rule;
    $lines{$colour} .= sprintf 'M%s %sh%s', map { number($_) } x_of($from), y_of($row + .5), ($to - $from + 1) * $width;
}
print qq(<path fill="none" stroke="$_" d="$lines{$_}"/>\n) for sort keys %lines;
for my $text (grep { ref eq 'HASH' } @texts) {
    my $shown = $text->{text} =~ s/\s+$//r;
    my $long = length $shown;
    $shown =~ s/&/&amp;/g;
    $shown =~ s/</&lt;/g;
    printf qq(<text x="%s" y="%s" fill="%s"%s%s xml:space="preserve">%s</text>\n), (map { number($_) } x_of($text->{column}), y_of($text->{row} + .76)),
        $text->{colour}, $text->{bold} ? ' font-weight="bold"' : '', $long > 1 ? sprintf(' textLength="%s"', number($long * $width)) : '', $shown;
}
print "</svg>\n";
