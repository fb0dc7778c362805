#!/usr/bin/perl
# A run of many rounds keeps the figures of all of them, and at hand the requests of the first and of the last
# ones. The others are in the journal, and come back when the run is over.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my ($ROUNDS, $REQUESTS) = (11, 12);
my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", map { "sample-$_ some words" } 1 .. $REQUESTS);
my $directory = "$scratch/out";

# Plays the keys and returns the screens that they dump, by name.
sub played
{
    my ($keys, $env, @words) = @_;
    my @names = $keys =~ /^:dump (\w+)$/mg;
    unlink map { "$scratch/$_" } @names;
    spew("$scratch/script", ":size 90 120\n$keys");
    my $run = fluxperf({env => {FLUXPERF_UI_SCRIPT => "$scratch/script", %$env}, timeout => 60}, @words);
    is($run->{exit}, 0, "$words[0]: it ends well") or diag($run->{err});
    return ($run, map { $_ => slurp("$scratch/$_") } @names);
}

# Round => how many of its requests are listed.
sub listed
{
    my ($screen) = @_;
    my %count;
    $count{$_}++ for $screen =~ m{^[ ▸]+\d+ +1/1 +(\d+) +ok}mg;
    return \%count;
}

# Each round takes more than a minute by its clock, so that the first ones are over for more than two.
# What is read back comes from another thread: the last dump has it.
my $back = join '', "/\n", (map { "$_\n" } split //, 'round=3'), "Enter\n", ":dump back\n" x 400, "Esc\n";
my ($run, %screen) = played(":wait\n3\n:dump requests\n${back}:dump without\n2\nEnter\n" . "Left\n" x 9 . ":dump old\n5\n:dump cache\n",
    {FLUXPERF_CLOCK_RATE => 300}, '-d', $rows, '-c', 4, '--rounds', $ROUNDS, '-o', $directory,
    qw(--ui full --max-output-tokens 3 --mock-server --mock-port 0 --mock-ttft 20000 --mock-itl 100),
    qw(--timeout 3600 --connect-timeout 600));    # 12 s and 2 s of ours

my $at_hand = listed($screen{requests});
is($at_hand->{1}, $REQUESTS, 'the requests of the first round are at hand');
is($at_hand->{$ROUNDS}, $REQUESTS, 'and those of the last');
ok(!exists $at_hand->{3}, 'not those of round 3') or diag($screen{requests});
my ($last) = $screen{requests} =~ /R2…R(\d+) in the journal/;
cmp_ok($last // 0, '>=', 5, 'which the list says');
is(join(' ', sort { $a <=> $b } keys %$at_hand), join(' ', 1, ($last // 0) + 1 .. $ROUNDS), 'all others are there');

is_deeply(listed($screen{back}), {3 => $REQUESTS}, 'a filter by its number reads round 3 back') or diag($screen{back});
is_deeply(listed($screen{without}), $at_hand, 'which memory lets go again');

my $old = round_file($directory, 4, 2)->{summary};
my ($avg, $p50, $max, $stddev) = map { sprintf '%.2f', $old->{"${_}_ttft"} } qw(avg p50 max stddev);
like($screen{old}, qr/ R2 +$avg +$p50 .* $max +$stddev /,
    'the figures of round 2 are those of its file') or diag($screen{old});
like($screen{old}, qr/paired on $REQUESTS prompts/, 'its comparison too');
like($screen{cache}, qr/The requests of R2 are in the journal: 3 \/ round=2 lists them/, 'a page that needs the requests says where they are');

is(scalar(() = $run->{out} =~ /^Advice:$/mg), $ROUNDS, 'the report has all of each round');
unlike($run->{out}, qr/requests are in the journal/, 'none is left to be looked up');

(undef, %screen) = played("3\n:dump requests\n/\nr\no\nu\nn\nd\n=\n2\nEnter\n:dump second\n", {}, 'view', $directory);
like($screen{requests}, qr/^ L1 .* @{[$ROUNDS * $REQUESTS]}, by number/m, 'afterwards all are listed');
unlike($screen{requests}, qr/in the journal/, 'and none is elsewhere');
is_deeply(listed($screen{second}), {2 => $REQUESTS}, 'those of round 2 as well');
done_testing;
