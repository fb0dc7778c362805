#!/usr/bin/perl
# What `export` makes of a journal: the files of the run again, one kind of them, or a page to paste.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 5);
my $run = fluxperf({cwd => "$scratch"}, '-d', $rows, qw(--mock-server --mock-port 0 --mock-ttft 1 --mock-itl 0.1),
    qw(--max-output-tokens 3 -c 2 --slo ttft_ms=5000 -o run --note), 'a note with | and <b>');
is($run->{exit}, 0, 'a run') or diag($run->{err});

sub export { return fluxperf({cwd => "$scratch"}, 'export', @_) }

my %kinds = (
    csv => [qw(figures.csv metrics_summary.csv timeline.csv)],
    tidy => ['figures.csv'],
    json => [map { "concurrency_2_round_$_.json" } 1, 2],
    all => [qw(concurrency_2_round_1.json concurrency_2_round_2.json figures.csv metrics_summary.csv timeline.csv)],
);
my %first = map { $_ => slurp("$scratch/run/$_") } @{$kinds{all}};

for my $kind (sort keys %kinds) {
    subtest "the files of $kind" => sub {
        unlink map { "$scratch/run/$_" } @{$kinds{all}};
        my $made = export('run', '--format', $kind);
        is($made->{exit}, 0, 'exit status') or diag($made->{err});
        is($made->{out}, '', 'nothing on stdout');
        my @there = grep { -e "$scratch/run/$_" } @{$kinds{all}};
        is_deeply(\@there, $kinds{$kind}, 'are these');
        is(slurp("$scratch/run/$_"), $first{$_}, "$_ has the same bytes") for @there;
    };
}

for my $kind (qw(text markdown)) {
    subtest "a page of $kind" => sub {
        unlink map { "$scratch/run/$_" } @{$kinds{all}};
        my $made = export('run', "--format=$kind");
        is($made->{exit}, 0, 'exit status') or diag($made->{err});
        is($made->{err}, '', 'nothing on stderr');
        is((() = grep { -e "$scratch/run/$_" } @{$kinds{all}}), 0, 'no file is made');
        like($made->{out}, qr/$_/, "it has: $_")
            for 'What was run', 'mock-model', 'Cold → warm', 'Verdict', 'TTFT P50 ms', 'Client: ', 'Requests Meeting SLO';
        like($made->{out}, $kind eq 'text' ? qr/^a note with \| and <b>$/m : qr/^- a note with \| and &lt;b>$/m, 'the note');
    };
}
like(export('run', '--format', 'markdown', '--ascii')->{out}, qr/\A[\x00-\x7f]+\z/, '--ascii');

is(export()->{exit}, 2, 'no directory');
is(export('run', '--format', 'xml')->{exit}, 2, 'a format that is none');
like(export('run', '--format', 'xml')->{err}, qr/--format xml: must be all, csv, tidy, json, text or markdown/, 'is said');

done_testing;
