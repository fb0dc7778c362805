#!/usr/bin/perl
# `fluxperf check` looks at what a run needs: at a dataset, row by row.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

subtest 'a good dataset' => sub {
    my $run = fluxperf('check', 'dataset', 'builtin:shared-prefix');
    is($run->{exit}, 0, 'exit status');
    is($run->{err}, '', 'nothing on stderr');
    like($run->{out}, qr/^builtin:shared-prefix: 40 rows, 0 bad$/m, 'rows');
    like($run->{out}, qr/^Form +40  text/m, 'forms');
    like($run->{out}, qr/^Cache +8\d\.\d %/m, 'the four texts are shared in round 1');
    like($run->{out}, qr/^ +99\.\d %  of round 2/m, 'all of it in round 2');
    my @bars = $run->{out} =~ /^ +\d+ - \d+ +\S+ (\d+)$/mg;
    my $sum = 0;
    $sum += $_ for @bars;
    is($sum, 40, 'the plot holds every row');
    ok(!grep({ length > 100 } split /\n/, $run->{out} =~ s/[^\x00-\x7f]+/x/gr), 'lines are short');
};

subtest 'each bad row has its place and reason' => sub {
    my $scratch = scratch;
    my $lines = spew("$scratch/lines.jsonl", qq({"text":"a"}\n), qq({"text":7}\n), "\n",
        qq({"text":"a"}\n), qq({"txt":"b"}\n), qq({"text":"\xff"}\n), qq({"text":"c" "d"}\n));
    my $run = fluxperf('check', 'dataset', '--ascii', $lines);
    is($run->{exit}, 1, 'exit status');
    my @said = $run->{out} =~ /lines\.jsonl:(\d[^\n]*)/g;
    is(scalar @said, 4, 'four bad rows') or diag($run->{out});
    like($said[0], qr/^2: "text" must be a string/, 'a wrong type');
    like($said[1], qr/^5: no prompt: the row has "txt"/, 'an unknown key');
    like($said[2], qr/^6:10: byte 0xff is not UTF-8/, 'another encoding');
    like($said[3], qr/^7:13: expected/, 'a comma that is missing');
    like($run->{out}, qr/6 rows, 4 bad/, 'counts');
    like($run->{out}, qr/^Repeated +1 .*line 4, as line 1/m, 'a repeated prompt');
    unlike($run->{out}, qr/[^\x00-\x7f]/, 'plain characters');
};

subtest 'a file that cannot be used' => sub {
    my $scratch = scratch;
    my $array = spew("$scratch/array.json", qq([{"text":"a"},\n {"text":"b"}\n {"text":"c"}]\n));
    my $run = fluxperf('check', 'dataset', $array);
    is($run->{exit}, 2, 'an array with a syntax error');
    like($run->{err}, qr/array\.json:3:2: expected/, 'its place');
    $run = fluxperf('check', 'dataset', "$scratch/example_dataset.json", 'builtin:demo');
    is($run->{exit}, 2, 'one of two files is missing');
    like($run->{err}, qr/try --dataset builtin:example/, 'the built-in of that name');
    like($run->{out}, qr/^builtin:demo: 64 rows/m, 'the other is checked all the same');
    is(fluxperf('check', 'dataset')->{exit}, 2, 'no file');
    is(fluxperf('check', 'weather')->{exit}, 2, 'something else');
};

done_testing;
