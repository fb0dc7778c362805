#!/usr/bin/perl
# A disk that is full or cannot be written: said, and no measured figure is lost without a word.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 300);
my $mock = mock(qw(--ttft 2 --itl 0.2));
my @run = ('-d', $rows, '-u', $mock->{url}, '-c', 8, '--rounds', 1, '--max-output-tokens', 16);

subtest 'a directory that cannot be made' => sub {
    my $file = spew("$scratch/file", 'x');
    for my $parent ($file, '/proc/fluxperf') {
        my $run = fluxperf(@run, '-o', "$parent/out");
        like($run->{exit}, qr/^[12]$/, "$parent: exit status");
        like($run->{err}, qr/\Q$parent\E/, 'the message names it');
        is($run->{out}, '', 'nothing was run');
    }
};

SKIP: {
    my @mount = ('unshare', '-rm', 'sh', '-c', 'mount -t tmpfs -o size=$1 tmpfs "$2" && shift 2 && "$@"', 'sh');
    mkdir "$scratch/full";
    skip 'no file system can be mounted here', 1 if system("@mount[0,1,2,3] 'mount -t tmpfs tmpfs $scratch/full' 2>/dev/null");
    subtest 'a full disk' => sub {
        my $run = fluxperf({wrap => [@mount, '64k', "$scratch/full"]}, @run, '-o', "$scratch/full/out");
        is($run->{exit}, 1, 'exit status') or diag($run->{err});
        like($run->{err}, qr/No space left/i, 'the reason is said');
        like($run->{out}, qr/Success: 300/, 'the report is whole all the same');
    };
}

subtest 'output that goes to a full disk' => sub {
    my $directory = "$scratch/whole";
    fluxperf(@run, '-n', 4, '-o', $directory);
    my @wrap = (wrap => ['sh', '-c', 'exec "$@" >/dev/full', 'sh']);
    my @printing = (
        ['run', @run, '-n', 4, '-o', "$scratch/again"], ['run', @run, '--dry-run'], ['compare', $directory, $directory],
        ['export', '--format', 'text', $directory], ['check', 'dataset', $rows], ['check', 'endpoint', $mock->{url}],
        ['check', 'prometheus', $mock->{url}], ['completions', 'bash'], ['--help'], ['--version'],
        ['check', '--help'], ['convert', '--help'], ['view', '--help'], ['mock-server', '--help'],
    );
    for my $words (@printing) {
        my $run = fluxperf({@wrap}, @$words);
        my $name = join ' ', grep { /^[a-z]+$|^--(dry|help|version)/ } @$words;
        is($run->{exit}, 1, "$name: exit status");
        like($run->{err}, qr/^error: cannot write .*to stdout: No space left/m, "$name: says why");
    }
};

subtest 'a reader that leaves has seen enough' => sub {
    my $leave = 'pipe my $r, my $w; close $r; open STDOUT, ">&", $w; exec @ARGV';
    my $run = fluxperf({wrap => [$^X, '-e', $leave]}, '--help');
    is($run->{exit}, 1, 'exit status');
    is($run->{err}, '', 'and nothing is said');
};
stop($mock->{pid});
done_testing;
