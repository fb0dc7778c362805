#!/usr/bin/perl
# Stopping a run early: the exit status tells how, and the files hold what had finished.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;
use Time::HiRes qw(sleep);

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 500);
my $mock = mock(qw(--ttft 5 --itl 5));

for my $case ([INT => 130], [TERM => 143], [HUP => 129]) {
    my ($signal, $status) = @$case;
    subtest "SIG$signal" => sub {
        my $directory = "$scratch/$signal";
        my $run = start('-d', $rows, '-u', $mock->{url}, '-c', 4, '--max-output-tokens', 8, '-o', $directory);
        my $running = wait_until(sub {
            -e "$directory/journal.jsonl" && slurp("$directory/journal.jsonl") =~ /"type":"request"/;
        });
        ok($running, 'requests finish');
        sleep 0.3;
        kill $signal => $run->{pid};
        finish($run, 5);
        is($run->{exit}, $status, 'exit status') or diag("signal $run->{signal}: $run->{err}");
        cmp_ok($run->{seconds}, '<', 10, 'it ends soon');

        my $round = round_file($directory, 4, 1);
        my $summary = $round->{summary};
        cmp_ok($summary->{successful_requests}, '>', 0, 'what finished is in the file');
        cmp_ok($summary->{cancelled_requests}, '<=', 4, 'no more were cancelled than were in flight');
        is($summary->{successful_requests} + $summary->{failed_requests} + $summary->{cancelled_requests}
                + $summary->{not_sent_requests}, 500, 'each request has one fate');
        # On a machine that is busy otherwise some may be without figures for that, and say so.
        my @failed = grep { $_->{error} && $_->{error}{class} !~ /cancelled|stalled_client/ } @{$round->{requests}};
        is_deeply(\@failed, [], 'a cancelled request did not fail');
        ok(-s "$directory/$_", "$_ is written") for qw(metrics_summary.csv figures.csv);
        ok(!-e "$directory/concurrency_4_round_2.json", 'a round that never began has no file');
        my ($end) = grep { $_->{type} eq 'run_end' } read_jsonl("$directory/journal.jsonl");
        ok($end, 'the journal is closed');
    };
}

subtest 'a stop before the run waits for no server that hangs' => sub {
    # By what stands in its body the probe is taken for a request, which is never answered.
    my $hung = source(sub { sleep 30; return 0 });
    my $run = start('-d', $rows, '-u', $hung->{url}, '-c', 2, '-o', "$scratch/hung",
        '--extra-body', '{"user":"sample-1"}');
    ok(wait_until(sub { slurp("/proc/net/tcp") =~ sprintf(':%04X [0-9A-F]+:[0-9A-F]+ 01', $hung->{port}) }),
        'the probe is under way');
    sleep 0.5;
    kill INT => $run->{pid};
    finish($run, 10);
    is($run->{exit}, 130, 'it ends') or diag($run->{err});
    cmp_ok($run->{seconds}, '<', 8, 'soon');
    unlike($run->{err}, qr/^(?:warning|error):/m, 'without a complaint');
    ok(!-e "$scratch/hung", 'nothing was measured, nothing is left');
    stop($hung->{pid});
};

subtest 'a second signal ends a run that still waits' => sub {
    my $silent = source(sub { send_bytes($_[0], stream_head, \20); return 0 });
    my $run = start('-d', $rows, '-u', $silent->{url}, '-c', 2, '-o', "$scratch/silent");
    sleep 1;
    kill INT => $run->{pid};
    sleep 0.3;
    kill INT => $run->{pid};
    finish($run, 5);
    isnt($run->{exit}, -1, 'it ends');
    stop($silent->{pid});
};
stop($mock->{pid});
done_testing;
