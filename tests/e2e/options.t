#!/usr/bin/perl
# What is asked for wrongly ends with status 2 and a sentence that helps, before anything is sent.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Test::More;

my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 3);
my $bad_rows = spew("$scratch/bad.jsonl", qq({"text":"a"}\n), qq({"text":7}\n));
my $bad_slo = spew("$scratch/slo.yaml", "slo:\n  ttft_mss: 5\n");
my @base = ('-d', $rows, '-u', '127.0.0.1:1');

# name, arguments, what stderr must say
my @wrong = (
    ['no dataset', ['-u', '127.0.0.1:1'], qr/--dataset/],
    ['no endpoint', ['-d', $rows], qr/--endpoint/],
    ['an option of another tool', [@base, '--num-prompts', 5], qr/--num-prompts.*--num-samples/s],
    ['a slip of the fingers', [@base, '--concurency', 5], qr/--concurency.*--concurrency/s],
    ['a value out of range', [@base, '--concurrency', 0], qr/--concurrency.*\b0\b/s],
    ['a value that is no number', [@base, '--timeout', 'soon'], qr/--timeout.*soon/s],
    ['a number with a tail', [@base, '--rounds', '2x'], qr/--rounds.*2x/s],
    ['a timeout above an hour', [@base, '--timeout', 3601], qr/--timeout.*3600/s],
    ['an option without its value', [@base, '--timeout'], qr/--timeout/],
    ['a word that belongs to nothing', [@base, '--shuffle', 'stray'], qr/stray/],
    ['a choice that is none', [@base, '--cold-start', 'hot'], qr/--cold-start.*hot.*salt/s],
    ['an endpoint that is no URL', ['-d', $rows, '-u', 'ftp://host/x'], qr/ftp/],
    ['a dataset that is not there', ['-d', "$scratch/none.jsonl", '-u', '127.0.0.1:1'], qr/none\.jsonl/],
    ['a dataset that is empty', ['-d', '-', '-u', '127.0.0.1:1'], qr/stdin: no rows/],
    ['a dataset with a bad row', ['-d', $bad_rows, '-u', '127.0.0.1:1'], qr/bad\.jsonl:2/],
    ['an SLO file with an unknown key', [@base, '--slo-file', $bad_slo], qr/slo\.yaml\b.*\b2\b.*ttft_mss/s],
    ['an SLO that is unknown', [@base, '--slo', 'speed=1'], qr/speed/],
    ['a condition that is unknown', [@base, '--fail-on', 'luck<1'], qr/luck/],
    ['a condition on a change', [@base, '--fail-on', 'ttft_p99>+5%'], qr/change from another run/],
    ['an extra body that is no object', [@base, '--extra-body', '[1]'], qr/--extra-body/],
    ['several conditions at odds', [@base, '-n', 1, 2, 3, '-c', 1, 2], qr/--num-samples/],
    ['a command that is unknown', ['benchmrak'], qr/benchmrak.*neither a command nor a directory/],
    ['a command with a slip in it', ['comparee', 'a', 'b'], qr/did you mean compare\?/],
    ['HTTP/2 without https', [@base, '--http2'], qr/--http2.*https/],
    ['a metric without a name', [@base, '--prometheus-metrics', 'rate ='], qr/--prometheus-metrics.*rate =/],
    ['a debug log without text', [@base, '--debug', '--no-text'], qr/--debug.*--no-text/],
);
for my $case (@wrong) {
    my ($name, $arguments, $says) = @$case;
    subtest $name => sub {
        my $run = fluxperf({cwd => "$scratch", timeout => 10}, @$arguments);
        is($run->{exit}, 2, 'exit status') or diag($run->{err});
        like($run->{err}, $says, 'message');
        is($run->{out}, '', 'nothing on stdout');
    };
}

subtest 'without arguments' => sub {
    my $run = fluxperf();
    is($run->{exit}, 2, 'exit status');
    like($run->{err}, qr/fluxperf --help/, 'usage');
    cmp_ok(($run->{err} =~ tr/\n//), '<=', 12, 'in ten lines');
};

subtest 'help and version' => sub {
    my $help = fluxperf('--help');
    is($help->{exit}, 0, '--help');
    is((grep { length > 80 } split /\n/, $help->{out}), 0, 'in 80 columns');
    is(fluxperf('help')->{out}, $help->{out}, 'help');
    is(fluxperf('help', 'compare')->{out}, fluxperf('compare', '--help')->{out}, 'help of a command');
    my $all = fluxperf('--help', 'all');
    is($all->{exit}, 0, '--help all');
    like($all->{out}, qr/--$_\b/, "--$_") for qw(dataset endpoint max-output-tokens cold-start mock-itl);
    my $version = fluxperf('--version');
    is($version->{exit}, 0, '--version');
    like($version->{out}, qr/^fluxperf \d+\.\d+\.\d+.*libcurl/s, 'with its libraries');
};

subtest 'a dry run sends nothing' => sub {
    my $run = fluxperf({cwd => "$scratch"}, @base, '-c', 1, 2, '--dry-run');
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    like($run->{out}, qr/^cold +auto: the first level as it is, the later ones by a salt$/m, 'it says how levels begin');
    ok(!-e "$scratch/results", 'and writes nothing');
};

subtest 'no secret in any file or on any stream' => sub {
    my $mock = mock(qw(--ttft 1 --itl 0.1));
    my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '--api-key', 'sk-hush-hush', '-H', 'X-Token: tell-nobody',
        '--save-requests', '--max-output-tokens', 2, '-o', "$scratch/secret");
    is($run->{exit}, 0, 'exit status') or diag($run->{err});
    my $files = join '', map { slurp($_) } grep { -f } glob "$scratch/secret/*";
    unlike("$run->{out}$run->{err}$files", qr/sk-hush-hush|tell-nobody/, 'neither key nor header');
    stop($mock->{pid});
};

subtest '--fail-on' => sub {
    my $mock = mock(qw(--ttft 5 --itl 0.1));
    my @run = ('-d', $rows, '-u', $mock->{url}, '--max-output-tokens', 2);
    is(fluxperf(@run, '--fail-on', 'errors>0', '-o', "$scratch/good")->{exit}, 0, 'a good run');
    my $slow = fluxperf(@run, '--fail-on', 'errors<1', 'ttft_p50>1', '-o', "$scratch/slow");
    is($slow->{exit}, 3, 'a slow run');
    like($slow->{err}, qr/--fail-on errors<1: it is 0 in C=1 round 1$/m, 'a count is whole');
    like($slow->{err}, qr/--fail-on ttft_p50>1: it is \d+\.\d\d in C=1 round 1$/m, 'and a time is not');
    my $unchecked = fluxperf(@run, '--fail-on', 'slo<95%', '-o', "$scratch/unchecked");
    is($unchecked->{exit}, 0, 'without limits no share meets them');
    like($unchecked->{err}, qr/^warning: --fail-on slo<95% was not checked: no round has this figure$/m, 'which is said');
    stop($mock->{pid});
};

subtest 'a knob of the built-in server without it' => sub {
    my $run = fluxperf({cwd => "$scratch"}, @base, '--mock-ttft', 5, '--dry-run');
    like($run->{err}, qr/--mock-ttft changes nothing without --mock-server/, 'is said');
};

subtest 'the built-in server at an IPv6 address' => sub {
    my $run = fluxperf({cwd => "$scratch"}, '-d', $rows, '--mock-server', '--mock-host', '::1', '--mock-port', 0,
        '--mock-ttft', 1, '--mock-itl', 0.1, '--max-output-tokens', 2);
    is($run->{exit}, 0, 'is reached') or diag($run->{err});
};

subtest '--json' => sub {
    my $mock = mock(qw(--ttft 1 --itl 0.1));
    my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '--json', '--max-output-tokens', 2, '-o', "$scratch/json");
    my $summaries = JSON::PP->new->utf8->decode($run->{out});
    is(scalar @$summaries, 2, 'an object for each round, and nothing else on stdout');
    stop($mock->{pid});
};
done_testing;
