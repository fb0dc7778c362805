# A run of which a test sees the middle: it goes on until it is ended, against a server of its own.
package LongRun;

use strict;
use warnings;

use Exporter qw(import);
use Fluxperf;

our @EXPORT = qw(long_run);

my $binary = $ENV{FLUXPERF} // "$ROOT/fluxperf";
my ($scratch, $rows, $mock, $number);

# long_run(OPTIONS): its words, and where its files go.
sub long_run
{
    $scratch //= scratch;
    $rows //= dataset("$scratch/rows.jsonl", 400);
    $mock //= mock(qw(--ttft 20 --itl 5 --reply-tokens 8));
    my $directory = "$scratch/run" . ++$number;
    return ([$binary, '-d', $rows, '-u', $mock->{url}, '-c', 4, '-o', $directory, @_], $directory);
}

1;
