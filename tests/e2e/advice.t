#!/usr/bin/perl
# What a person can do stands below a round's table, in the run's log, and on its page alike.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 12);
my @mock = (qw(--mock-server --mock-port 0 --mock-ttft 1 --mock-itl 0.1 -c 2 --max-output-tokens 3), '-d', $rows);

sub advice_in_journal { return grep { $_->{type} eq 'change' && $_->{kind} eq 'advice' } read_jsonl("$_[0]/journal.jsonl") }

subtest 'when everything fails' => sub {
    my $run = fluxperf({cwd => "$scratch"}, @mock, qw(--mock-500 1 -o failed));
    is($run->{exit}, 1, 'exit status');
    like($run->{out}, qr/^Advice:\n  All 12 failed with http_status 500/m, 'below the table');
    my @said = advice_in_journal("$scratch/failed");
    is_deeply([map { "$_->{level} $_->{round}" } @said], ['1 1', '1 2'], 'in the log, for each round');
    like($said[0]{text}, qr{^All 12 failed with .* model mock-model \(the server lists mock-model\)}, 'the same');
    my $page = fluxperf({cwd => "$scratch"}, qw(export failed --format markdown));
    like($page->{out}, qr/^- Advice:\n  - All 12 failed with http_status 500: .* in full\.$/m, 'on the page');
};

subtest 'when nothing meets the limits' => sub {
    my $run = fluxperf({cwd => "$scratch"}, @mock, qw(--slo latency_ms=0.001 -o slow));
    like($run->{out}, qr/No request met the limits: 12 of 12 missed latency_ms, which\s+90 % would meet at/, 'it says what would do');
};

subtest 'when all is well' => sub {
    my $run = fluxperf({cwd => "$scratch"}, @mock, qw(--rounds 1 -o well));
    unlike($run->{out}, qr/Advice/, 'nothing is said');
    is(advice_in_journal("$scratch/well"), 0, 'and nothing is logged');
};

done_testing;
