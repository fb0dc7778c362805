#!/usr/bin/perl
# Under a locale with a decimal comma numbers are read and written as ever.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my $scratch = scratch;
my $folder = scratch;
system('localedef', '-i', 'de_DE', '-f', 'UTF-8', "$folder/de_DE.UTF-8") == 0
    or plan skip_all => 'no locale with a decimal comma can be made here';
my %comma = (LOCPATH => "$folder", LC_ALL => 'de_DE.UTF-8');

my $mock = mock(qw(--ttft 5.5 --itl 1.5));
my $rows = dataset("$scratch/rows.jsonl", 5);
my $run = fluxperf({env => \%comma}, '-d', $rows, '-u', $mock->{url}, '-c', 2, '--max-output-tokens', 8,
    '--temperature', '0.5', '--slo', 'ttft_ms=1000.5', '-o', "$scratch/out");
is($run->{exit}, 0, 'options with decimals are read') or diag($run->{err});
stop($mock->{pid});

my $config = (read_jsonl("$scratch/out/journal.jsonl"))[0]{config};
cmp_ok($config->{temperature}, '==', 0.5, 'and mean what they say');
my @figures = read_csv("$scratch/out/figures.csv");
my $width = @{$figures[0]};
is((grep { @$_ != $width } @figures), 0, 'no number splits a cell');
my ($value) = grep { $figures[0][$_] eq 'value' } 0 .. $width - 1;
is((grep { $_->[$value] !~ /^(-?\d+(\.\d+)?(e[-+]?\d+)?)?$/ } @figures[1 .. $#figures]), 0, 'numbers have points');
unlike($run->{out}, qr/\d,\d\d\b/, 'in the report too');
my %before = map { $_ => slurp("$scratch/out/$_") } qw(metrics_summary.csv figures.csv concurrency_2_round_1.json);

my $export = fluxperf('export', "$scratch/out");
is($export->{exit}, 0, 'export under the C locale') or diag($export->{err});
is(slurp("$scratch/out/$_"), $before{$_}, "$_ is the same, byte for byte") for sort keys %before;
$export = fluxperf({env => \%comma}, 'export', "$scratch/out");
is(slurp("$scratch/out/$_"), $before{$_}, "$_ again under the comma") for sort keys %before;
done_testing;
