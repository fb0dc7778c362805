#!/usr/bin/perl
# A free run sends pass after pass until it is stopped: the same bytes, or each pass salted anew.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", map { "sample-$_ " . join ' ', map { "word$_" } 1 .. 120 } 1 .. 12);
my $mock = mock(qw(--ttft 2 --itl 0.5));

for my $mode (qw(repeat fresh)) {
    my $directory = "$scratch/$mode";
    my $journal = "$directory/journal.jsonl";
    my $run = start('-d', $rows, '-u', $mock->{url}, qw(-c 4 --max-output-tokens 2 --free-run), $mode, '-o', $directory);
    ok(wait_until(sub { -e $journal && (() = slurp($journal) =~ /"type":"round_end"/g) >= 3 }, 20),
        "$mode: pass follows pass");
    kill INT => $run->{pid};
    finish($run);
    is($run->{exit}, 130, 'until it is stopped') or diag($run->{err});

    my @lines = read_jsonl($journal);
    my (%hashes, %cached, %salts);
    for my $record (grep { $_->{type} eq 'request' && !$_->{error_text} } @lines) {
        $hashes{$record->{index}}{$record->{body_hash}} = 1;
        $cached{$record->{round}} += $record->{cached_tokens};
    }
    $salts{$_->{salt}}++ for grep { $_->{type} eq 'round' } @lines;
    my $bodies = (sort { $b <=> $a } map { scalar keys %{$hashes{$_}} } keys %hashes)[0];
    if ($mode eq 'repeat') {
        is($bodies, 1, 'each pass sends the same bytes');
        cmp_ok($cached{3}, '>', 1000, 'and finds them cached');
        like($run->{out}, qr/Round 2 .*?^Cache: 9\d/ms, 'which the report says');
    } else {
        cmp_ok($bodies, '>=', 3, 'each pass has bytes of its own');
        is($cached{3}, 0, 'and finds nothing cached');
        like($run->{out}, qr/^Round 3 was cold, checked/m, 'which the report says');
        is(scalar(grep { $_ > 1 } values %salts), 0, 'no salt comes twice');
    }
    my $file = round_file($directory, 4, 2);
    is($file->{summary}{successful_requests}, 12, 'a pass is a round, with a file of its own');
    my $before = slurp("$directory/figures.csv");
    is(fluxperf('export', $directory)->{exit}, 0, 'the journal holds all of it');
    is(slurp("$directory/figures.csv"), $before, 'to the byte');
}
stop($mock->{pid});
for (['--rounds', 2], ['-c', 1, 2]) {
    my $refused = fluxperf('-d', $rows, '-u', 'localhost:1', '--free-run', 'repeat', @$_);
    is($refused->{exit}, 2, "not with @$_");
}
done_testing;
