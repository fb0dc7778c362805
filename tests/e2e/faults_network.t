#!/usr/bin/perl
# The way to the server fails: what is said, what is kept, and that a run goes on where it can. Runs in a
# network namespace of its own.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Outcome;
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;
use Time::HiRes qw(sleep);

namespace(qw(ip tc openssl));
my $scratch = scratch;
my $rows = dataset("$scratch/rows.jsonl", 40);
my @short = ('--rounds', 1, '--max-output-tokens', 4);

sub run_ip { return !system 'ip', @_ }

subtest 'a server that is killed and started again in mid-round' => sub {
    my $mock = mock(qw(--ttft 20 --itl 5));
    my $run = start('-d', $rows, '-u', $mock->{url}, '-c', 2, @short, '--give-up', 20, '-o', "$scratch/restart");
    wait_until(sub { -e "$scratch/restart/journal.jsonl" && slurp("$scratch/restart/journal.jsonl") =~ /"type":"request"/ });
    kill KILL => $mock->{pid};
    stop($mock->{pid});
    sleep 0.3;
    my $again = mock(qw(--ttft 1 --itl 0.1), '--port', $mock->{port});
    finish($run, 25);
    stop($again->{pid});
    is($run->{exit}, 0, 'it goes on') or diag($run->{err});
    like($run->{err}, qr/server is back/, 'and says so');
    my %class = %{classes("$scratch/restart", 2)};
    cmp_ok($class{none}, '>', 20, 'requests succeed after it');
    ok($class{connect} || $class{truncated}, 'those that met it failed');
    my ($end) = grep { $_->{type} eq 'round_end' } read_jsonl("$scratch/restart/journal.jsonl");
    ok($end->{interrupted}, 'the round is marked') if $class{connect};
    accounted("$scratch/restart", 'restart');
};

# Each sample is cut off in another way.
my @cuts = (
    ['reset before the answer', sub {}, 'truncated|connect', 1],
    ['reset in mid-stream', sub { send_bytes($_[0], stream_head, sse(text_event('a')), \0.05) }, 'truncated', 1],
    ['half-closed in mid-stream', sub {
        my ($socket) = @_;
        send_bytes($socket, stream_head, sse(text_event('a')));
        shutdown $socket, 1;
        sysread $socket, my $more, 1;
    }, 'truncated', 0],
);
subtest 'connections that are cut' => sub {
    my $source = source(sub {
        my ($socket, $request) = @_;
        my (undef, $act, undef, $reset) = @{$cuts[$request->{sample} % @cuts]};
        $act->($socket);
        setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0 if $reset;
        return 0;
    });
    my $run = fluxperf('-d', $rows, '-n', 6, '-u', $source->{url}, '-c', 6, @short, '-o', "$scratch/cut");
    stop($source->{pid});
    is($run->{exit}, 1, 'nothing succeeds');
    for my $request (@{round_file("$scratch/cut", 6, 1)->{requests}}) {
        my ($name, undef, $class) = @{$cuts[$request->{sample} % @cuts]};
        like($request->{error}{class}, qr/^(?:$class)$/, $name);
    }
    accounted("$scratch/cut", 'cut');
};

subtest 'a network that is gone for a while' => sub {
    my $mock = mock(qw(--ttft 30 --itl 5));
    my $run = start('-d', $rows, '-u', $mock->{url}, '-c', 4, @short, '--timeout', 2, '--connect-timeout', 2,
        '--give-up', 20, '-o', "$scratch/gone");
    wait_until(sub { -e "$scratch/gone/journal.jsonl" && slurp("$scratch/gone/journal.jsonl") =~ /"type":"request"/ });
    run_ip(qw(link set lo down));
    sleep 2.5;
    run_ip(qw(link set lo up));
    finish($run, 25);
    stop($mock->{pid});
    is($run->{exit}, 0, 'it goes on') or diag($run->{err});
    my %class = %{classes("$scratch/gone", 4)};
    cmp_ok($class{none} // 0, '>', 0, 'requests succeed');
    cmp_ok(40 - ($class{none} // 0), '>', 0, 'those in flight fail') or diag(join ' ', %class);
    accounted("$scratch/gone", 'gone');
};

SKIP: {
    skip 'no pair of network devices can be made', 1
        unless run_ip(qw(link add v0 type veth peer name v1)) && run_ip(qw(addr add 10.99.0.1/24 dev v0))
        && run_ip(qw(link set v0 up)) && run_ip(qw(link set v1 up))
        && run_ip(qw(neigh add 10.99.0.2 lladdr 02:00:00:00:00:01 dev v0));
    subtest 'a host that does not answer' => sub {
        my $run = fluxperf('-d', $rows, '-u', '10.99.0.2:8000', @short, '--connect-timeout', 1, '-o', "$scratch/hole");
        is($run->{exit}, 1, 'nothing is sent');
        like($run->{err}, qr/10\.99\.0\.2:8000.*timed out/s, 'the message names the host and the reason');
        cmp_ok($run->{seconds}, '<', 10, 'within the limit for connecting');
    };
}

SKIP: {
    skip 'the line cannot be slowed down', 1
        if system 'tc', qw(qdisc add dev lo root tbf rate 400kbit burst 16kb latency 2s);
    subtest 'a slow line' => sub {
        my $mock = mock(qw(--ttft 1 --itl 0.1));
        my $run = fluxperf('-d', $rows, '-u', $mock->{url}, '-c', 4, '-n', 12, @short, '-o', "$scratch/slow");
        stop($mock->{pid});
        is($run->{exit}, 0, 'exit status') or diag($run->{err});
        my $summary = round_file("$scratch/slow", 4, 1)->{summary};
        is_deeply(classes("$scratch/slow", 4), {none => 12}, 'all succeed');
        cmp_ok($summary->{p50_ttft}, '>', 5, 'and TTFT tells of the line');
        accounted("$scratch/slow", 'slow');
    };
    system 'tc', qw(qdisc del dev lo root);
}

subtest 'a name that nobody knows' => sub {
    my $run = fluxperf('-d', $rows, '-u', 'http://nobody.invalid:8000', @short, '-o', "$scratch/name");
    is($run->{exit}, 1, 'nothing is sent');
    like($run->{err}, qr/cannot resolve nobody\.invalid/, 'the message names it');
};

subtest 'a certificate that has expired' => sub {
    my ($key, $cert) = map { "$scratch/$_.pem" } qw(key cert);
    my ($library) = glob '/usr/lib/*/faketime/libfaketime.so.1';
    plan skip_all => 'libfaketime is not here' unless $library;
    system "LD_PRELOAD=$library FAKETIME=-3d openssl req -x509 -newkey rsa:2048 -nodes -keyout $key -out $cert -days 1 "
        . '-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null';
    my $log = "$scratch/s_server.log";
    my $pid = fork // die;
    if ($pid == 0) {
        open STDOUT, '>', $log;
        open STDERR, '>', '/dev/null';
        exec 'openssl', 's_server', '-accept', '127.0.0.1:0', '-cert', $cert, '-key', $key, '-www';
    }
    my $port;
    wait_until(sub { -e $log && slurp($log) =~ /ACCEPT \S+:(\d+)/ and $port = $1 });
    my @run = ('-d', $rows, '-u', "https://127.0.0.1:$port", @short, '--cacert', $cert);
    my $run = fluxperf(@run, '-o', "$scratch/expired");
    is($run->{exit}, 1, 'nothing is sent');
    like($run->{err}, qr/certificate.*expired/is, 'the message says why');
    like(fluxperf(@run, '--insecure', '-o', "$scratch/insecure")->{err}, qr/^(?!.*expired)/s, '--insecure takes it');
    kill TERM => $pid;
    waitpid $pid, 0;
};
done_testing;
