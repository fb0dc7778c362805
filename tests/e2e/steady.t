#!/usr/bin/perl
# --rounds steady ends at the round that the figures of the files name, on a server whose cache fills over
# four rounds.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use List::Util qw(max min sum0);
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", map { my $i = $_; "sample-$i " . join ' ', map { $i * 1000 + $_ } 1 .. 160 } 1 .. 24);
my $mock = mock(qw(--ttft 20 --itl 0.5 --jitter 0 --prefill-rate 5000 --store-tokens 48));
my $most = 14;
my $run = fluxperf('-d', $rows, '-u', $mock->{url}, qw(-c 4 --max-output-tokens 2), '--rounds', "steady:$most",
    '-o', "$scratch/out");
stop($mock->{pid});
is($run->{exit}, 0, 'it ends well') or diag($run->{err});

# Numpy's median, and the share of all prompt tokens, from the records themselves.
my (%ttft, %prompt, %cached);
for my $record (grep { $_->{type} eq 'request' } read_jsonl("$scratch/out/journal.jsonl")) {
    push @{$ttft{$record->{round}}}, $record->{first_token_ns} - $record->{sent_ns};
    $prompt{$record->{round}} += $record->{prompt_tokens};
    $cached{$record->{round}} += $record->{cached_tokens};
}
sub median
{
    my @sorted = sort { $a <=> $b } @_;
    return ($sorted[$#sorted / 2] + $sorted[@sorted / 2]) / 2;
}
my $rounds = keys %ttft;
my @median = map { median(@{$ttft{$_}}) } 1 .. $rounds;
my @share = map { $cached{$_} / $prompt{$_} } 1 .. $rounds;
sub within
{
    my ($first, $last) = @_;
    my @m = @median[$first - 1 .. $last - 1];
    my @s = @share[$first - 1 .. $last - 1];
    return max(@m) <= min(@m) * 1.02 && max(@s) <= min(@s) + 0.02;
}
my ($end) = grep { $_ >= 3 && within($_ - 2, $_) } 1 .. $rounds;
is($rounds, $end // $most, 'it stops at the first round that is the third within 2 %');
cmp_ok($share[0], '<', 0.1, 'the cache was empty');
ok((!grep { $share[$_] < $share[$_ - 1] + 0.1 } 1 .. 3), 'and filled over four rounds') or diag("@share");
cmp_ok($rounds, '>=', 6, 'so that it took some rounds');

my $from = defined $end ? $end - 2 : undef;
my $said = defined $from ? qr/^Steady from R$from: TTFT P50 and cached within 2 % over 3 rounds$/m
    : qr/^Not steady after $most rounds: /m;
like($run->{out}, $said, 'the report says so');
my $file = round_file("$scratch/out", 4, $rounds);
is($file->{configuration}{steady_from}, $from, 'the JSON too');
is($file->{configuration}{rounds_planned}, $rounds, 'no round is missing');
my $before = slurp("$scratch/out/concurrency_4_round_$rounds.json");
fluxperf('export', "$scratch/out");
is(slurp("$scratch/out/concurrency_4_round_$rounds.json"), $before, 'the journal holds it');
done_testing;
