# What must hold of a run whatever befell it: each request has one fate, and the journal is the truth.
package Outcome;

use strict;
use warnings;
use Exporter qw(import);
use Fluxperf;
use Test::More;

our @EXPORT = qw(accounted classes namespace);

# Tests that in each round of a run planned = succeeded + failed + cancelled + not sent, that the journal
# has a line for each request that was sent, that it was closed, and that `export` makes the same files.
sub accounted
{
    my ($directory, $name) = @_;
    my (%requests, @ends, $closed, @broken);
    for (split /\n/, slurp("$directory/journal.jsonl")) {
        my $line = eval { JSON::PP->new->utf8->decode($_) };
        push @broken, substr $_, 0, 60 unless $line;
        next unless $line;
        $requests{"$line->{level}.$line->{round}"}++ if $line->{type} eq 'request';
        push @ends, $line if $line->{type} eq 'round_end';
        $closed = 1 if $line->{type} eq 'run_end';
    }
    subtest "$name: all is accounted for" => sub {
        is_deeply(\@broken, [], 'each line of the journal is JSON');
        ok($closed, 'it is closed');
        for my $end (@ends) {
            my $fates = 0;
            $fates += $end->{$_} for qw(succeeded failed cancelled not_sent);
            is($fates, $end->{planned}, "round $end->{round}: each request has one fate");
            is($requests{"$end->{level}.$end->{round}"} // 0, $end->{planned} - $end->{not_sent},
                'and a line if it was sent');
        }
        my @files = grep { !/journal|prometheus|bodies/ && -f } glob "$directory/*";
        my %before = map { $_ => slurp($_) } @files;
        is(fluxperf('export', $directory)->{exit}, 0, 'it can be exported');
        is_deeply([grep { slurp($_) ne $before{$_} } @files], [], 'to the same files') if @files;
    };
}

# {class => count} of a round's requests; success counts as "none", and so does what a busy machine kept from
# being timed, unless `all` is asked for.
sub classes
{
    my ($directory, $concurrency, $all) = @_;
    my %count;
    for (@{round_file($directory, $concurrency, 1)->{requests}}) {
        my $class = $_->{error} ? $_->{error}{class} : 'none';
        $count{$class eq 'stalled_client' && !$all ? 'none' : $class}++;
    }
    return \%count;
}

# Runs this test file again in a network (and mount) namespace of its own, with loopback up; skips all
# where that is not permitted. Programs that must be there are named.
sub namespace
{
    my (@programs) = @_;
    for my $program (@programs) {
        plan skip_all => "$program is not here" if system "command -v $program >/dev/null 2>&1";
    }
    return if $ENV{FLUXPERF_IN_NAMESPACE};
    plan skip_all => 'namespaces are not permitted here' if system 'unshare -rnm true 2>/dev/null';
    $ENV{FLUXPERF_IN_NAMESPACE} = 1;
    exec 'unshare', '-rnm', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', $^X, $0;
}

1;
