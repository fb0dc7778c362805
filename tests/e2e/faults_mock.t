#!/usr/bin/perl
# Every fault of the built-in server: what its requests fail with, and that all are accounted for.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Outcome;
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 24);

# fault, the class its requests fail with; none where a client must cope
my %fault = (
    refuse => 'truncated', 429 => 'http_status', 500 => 'http_status', stall => 'timeout_total',
    reset => 'truncated', 'error-event' => 'stream_error', 'no-finish' => 'truncated', garbage => 'bad_json',
    'not-a-stream' => 'not_a_stream',
    map { $_ => 'none' } qw(close-kept no-done split-utf8 crlf comments coalesce no-usage),
);

for my $fault (sort keys %fault) {
    my $mock = mock(qw(--ttft 1 --itl 0.1), "--$fault", 0.5);
    my $directory = "$scratch/$fault";
    my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '-c', 12, '--rounds', 1, '--max-output-tokens', 8,
        '--timeout', $fault eq 'stall' ? 0.5 : 30, '-o', $directory);
    stop($mock->{pid});
    is($run->{exit}, 0, "$fault: exit status") or diag($run->{err});
    my %class = %{classes($directory, 12)};
    my $failed = delete $class{$fault{$fault}};
    if ($fault{$fault} eq 'none') {
        is($failed, 24, "$fault: all succeed");
    } else {
        cmp_ok($failed // 0, '>', 0, "$fault: some fail as $fault{$fault}");
        cmp_ok(delete $class{none} // 0, '>', 0, "$fault: the others succeed");
    }
    is_deeply(\%class, {}, "$fault: nothing else happens");
    accounted($directory, $fault);
}
done_testing;
