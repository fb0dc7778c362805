#!/usr/bin/perl
# Plain HTTP is spoken by fluxperf itself, all else by libcurl: of what a server does both make the same
# records, and the server gets the same requests. A server that is its own proxy is reached by libcurl.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;

my $scratch = scratch;
my $stream = sse(event('{"role":"assistant","content":""}'), map({ text_event("w$_ ") } 1 .. 6), finish_event('stop'),
    usage_event(9, 6, 4), DONE);
my $ok = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
my $served = 0;    # on this connection; each has a process of its own

sub chunk { return sprintf "%x\r\n%s\r\n", length $_[0], $_[0] }
sub chunked { return $ok . "Transfer-Encoding: chunked\r\n\r\n" . join('', map { chunk($_) } @_) }
sub events { return $stream =~ /(.*?\n\n)/sg }
sub sized { return $ok . "Content-Length: " . length($_[0]) . "\r\n\r\n$_[0]" }
sub reset_after { setsockopt $_[0], SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0; return 0 }

# What a server does: name, then how; what it returns says whether the connection stays.
my @acts = (
    ['a chunk an event', sub { send_bytes($_[0], chunked(events()) . "0\r\n\r\n") }],
    ['chunks that end anywhere', sub { send_bytes($_[0], chunked($stream =~ /(.{1,23})/sg) . "0\r\n\r\n") }],
    ['byte by byte', sub { send_bytes($_[0], map { ($_, \0.00005) } split //, chunked(events()) . "0\r\n\r\n") }],
    ['extensions and trailers', sub {
        send_bytes($_[0], chunked(events()) =~ s/^([0-9a-f]+)\r/$1;a="b"\r/mgr . "0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n");
    }],
    ['a length', sub { send_bytes($_[0], sized($stream)) }],
    ['to the end of the connection', sub { send_bytes($_[0], "$ok\r\n$stream"); 0 }],
    ['HTTP/1.0', sub { send_bytes($_[0], "HTTP/1.0 200 OK\r\n\r\n$stream"); 0 }],
    ['HTTP/1.0 that stays', sub {
        send_bytes($_[0], sized($stream) =~ s{HTTP/1.1}{HTTP/1.0}r =~ s/\r\n/\r\nConnection: keep-alive\r\n/r);
    }],
    ['that says that it closes', sub { send_bytes($_[0], sized($stream) =~ s/\r\n/\r\nConnection: close\r\n/r); 0 }],
    ['interim answers', sub {
        send_bytes($_[0], "HTTP/1.1 100 Continue\r\n\r\n", \0.01, "HTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\n", sized($stream));
    }],
    ['a kept connection that is closed when it is used', sub { $served++ && return 0; send_bytes($_[0], sized($stream)) }],
    ['a kept connection that is reset when it is used', sub {
        $served++ && return reset_after($_[0]);
        send_bytes($_[0], sized($stream));
    }],
    ['silence behind [DONE]', sub { send_bytes($_[0], chunked(events()), \3); 0 }],
    ['a reset behind [DONE]', sub { send_bytes($_[0], chunked(events()), \0.05); reset_after($_[0]) }],
    ['an error with a body', sub { send_bytes($_[0], http_answer(503, 'application/json', '{"error":{"message":"full"}}')) }],
    ['no content', sub { send_bytes($_[0], "HTTP/1.1 204 None\r\n\r\n") }],
    ['a redirect', sub { send_bytes($_[0], "HTTP/1.1 302 Go\r\nLocation: /\r\nContent-Length: 0\r\n\r\n") }],
    ['JSON instead of a stream', sub { send_bytes($_[0], http_answer(200, 'application/json', '{"a":1}')) }],
    ['a chunked body that breaks off', sub { send_bytes($_[0], chunked((events())[0 .. 3])); 0 }],
    ['a body shorter than its length', sub { send_bytes($_[0], sized($stream) =~ s/\n\n.*?$//sr); 0 }],
    ['a reset in the middle', sub { send_bytes($_[0], chunked((events())[0 .. 3]), \0.05); reset_after($_[0]) }],
    ['closed without an answer', sub { 0 }],
    ['closed within the head', sub { send_bytes($_[0], $ok); 0 }],
    ['a chunk whose size is none', sub { send_bytes($_[0], chunked((events())[0, 1]) . "-5\r\nhello\r\n"); 0 }],
    ['no HTTP', sub { send_bytes($_[0], "what do you want?\r\n\r\n"); 0 }],
    ['an endless answer', sub { send_bytes($_[0], chunked(map { sse(text_event('y' x 5000)) } 1 .. 60)); 0 }],
    ['a silent server', sub { send_bytes($_[0], $ok, \60); 0 }],
);

my $rows = dataset("$scratch/rows.jsonl", map { ("sample-$_ asks", "sample-$_ asks again") } 0 .. $#acts);
my @given = ('-d', $rows, '-c', 1, '--rounds', 1, '--timeout', 1.3, '--max-response-bytes', 100000,
    '--session-header', 'none');

sub records_of
{
    my ($name, @way) = @_;
    my $source = source(sub { $acts[$_[1]{sample}][1]->($_[0]) }, undef, 'keeps');
    my $run = fluxperf({timeout => 90}, @given, '-u', $source->{url}, (map { s/URL/$source->{url}/r } @way), '-o', "$scratch/$name");
    stop($source->{pid});
    is($run->{exit}, 0, "$name: the run ends well") or diag($run->{err});
    my @lines = read_jsonl("$scratch/$name/journal.jsonl");
    my %reply = map { $_->{index} => $_->{reply} } grep { $_->{type} eq 'request' } @lines;
    return {
        transport => (map { $_->{transport} } grep { $_->{type} eq 'run' } @lines)[0],
        sent => [sort { $a->{body} cmp $b->{body} } read_jsonl($source->{record}->filename)],
        requests => [map { {%$_, reply => $reply{$_->{index}}} } @{round_file("$scratch/$name", 1, 1)->{requests}}],
    };
}

my $own = records_of('plain');
my $other = records_of('proxy', '--proxy', 'URL');
is($own->{transport}, 'plain', 'plain http goes without libcurl');
is($other->{transport}, 'libcurl', 'a proxy takes it');
is(round_file("$scratch/plain", 1, 1)->{configuration}{transport}, 'plain', 'and the JSON files say so');

my @same = qw(success input_tokens output_tokens cached_tokens attempts reply);
for my $i (0 .. 2 * @acts - 1) {
    my ($plain, $libcurl) = map { $_->{requests}[$i] } $own, $other;
    subtest $acts[$i / 2][0] . ($i % 2 ? ', again' : '') => sub {
        is($plain->{$_}, $libcurl->{$_}, $_) for @same;
        is($plain->{error}{class}, $libcurl->{error}{class}, 'class of error');
        is($plain->{error}{http_status}, $libcurl->{error}{http_status}, 'status');
        is($plain->{error}{message}, $libcurl->{error}{message}, 'the server\'s words')
            if ($plain->{error}{class} // '') =~ /http_status|not_a_stream|too_large|timeout/;
        is(!!$plain->{$_}, !!$libcurl->{$_}, $_) for grep { /_ns$/ } keys %$plain;
    };
}
for my $i (grep { $acts[$_][0] =~ /^a kept connection/ } 0 .. $#acts) {
    is($own->{requests}[2 * $i + 1]{attempts}, 2, "$acts[$i][0]: the request is sent again");
}

subtest 'the same requests' => sub {
    is(scalar @{$own->{sent}}, scalar @{$other->{sent}}, 'as many');
    for my $i (0, 1) {
        my ($plain, $libcurl) = map { {%{$_->{sent}[$i]{headers}}} } $own, $other;
        delete $libcurl->{'proxy-connection'};
        s/127.0.0.1:\d+/SERVER/ for values %$plain, values %$libcurl;
        is_deeply($plain, $libcurl, 'headers');
        is($own->{sent}[$i]{body}, $other->{sent}[$i]{body}, 'body');
        is($own->{sent}[$i]{path}, '/v1/chat/completions', 'path');
    }
};

# options, then headers that the server must have got, or not
my @headers = (
    [['-H', 'Host: elsewhere', '-H', 'User-Agent: me'], host => 'elsewhere', 'user-agent' => 'me'],
    [['-H', 'Accept:', '-H', 'X-Two:  a b'], accept => undef, 'x-two' => 'a b'],
    [['-H', 'accept: text/plain', '-H', 'Content-Type: application/x-json', '-H', 'Connection: close'],
        accept => 'text/plain', 'content-type' => 'application/x-json', connection => 'close'],
    [['-H', 'User-Agent:', '--api-key', 'k1'], 'user-agent' => undef, authorization => 'Bearer k1'],
);
for my $case (@headers) {
    my ($options, %expected) = @$case;
    for my $way ([], ['--proxy', 'URL']) {
        my $source = source(sub { send_bytes($_[0], sized($stream)); 0 });
        my @way = map { s/URL/$source->{url}/r } @$way;
        fluxperf('-d', $rows, '-n', 1, '--rounds', 1, '-u', $source->{url}, @$options, @way, '-o', "$scratch/headers", '--overwrite');
        stop($source->{pid});
        my ($sent) = read_jsonl($source->{record}->filename);
        is($sent->{headers}{$_}, $expected{$_}, join(' ', @$options, @$way ? 'by libcurl' : 'plain') . ": $_") for sort keys %expected;
    }
}

# As llama.cpp does, a little after the answer: who then uses the connection again sends the request twice.
subtest 'a server that closes after each stream, and promises the contrary' => sub {
    my $source = source(sub { send_bytes($_[0], chunked($stream) =~ s/\r\n/\r\nKeep-Alive: timeout=5\r\n/r . "0\r\n\r\n", \0.05); 0 });
    my $run = fluxperf('-d', $rows, '-n', 10, '-c', 2, '--rounds', 1, '-u', $source->{url}, '-o', "$scratch/closes");
    stop($source->{pid});
    is(join('', map { $_->{attempts} } @{round_file("$scratch/closes", 2, 1)->{requests}}), '1' x 10, 'gets each request once');
    like($run->{err}, qr/closes the connection after each streamed answer/, 'and the run says so');
};

# A busy server refuses the probe and closes. That says nothing of what it does when it answers.
subtest 'a server that closes only when it refuses' => sub {
    my $models = http_answer(200, 'application/json', '{"object":"list","data":[{"id":"m","object":"model"}]}');
    my $source = source(sub {
        my ($socket, $request) = @_;
        my $probe = $request->{method} eq 'POST' && $request->{body} !~ /sample-/;
        send_bytes($socket, $probe ? http_answer(503, 'text/plain', 'busy') : $request->{method} eq 'GET' ? $models : sized($stream));
        return !$probe;
    }, 'all');
    my $run = fluxperf('-d', $rows, '-n', 6, '-c', 1, '--rounds', 1, '-u', $source->{url}, '-o', "$scratch/busy");
    stop($source->{pid});
    like($run->{err}, qr/probe request got HTTP 503/, 'the probe is refused');
    unlike($run->{err}, qr/closes the connection/, 'nothing is concluded from it');
    my @requests = grep { $_->{type} eq 'request' } read_jsonl("$scratch/busy/journal.jsonl");
    is(scalar(grep { $_->{reused_connection} } @requests), 6, 'connections are kept');
};

subtest 'what libcurl is for' => sub {
    for my $option (['-H', 'Expect: 100-continue'], ['-H', 'Transfer-Encoding: chunked'], ['-u', 'USER']) {
        my $source = source(sub { send_bytes($_[0], sized($stream)); 0 });
        my @option = map { s/USER/$source->{url} =~ s{:\/\/}{:\/\/me:secret@}r/er } @$option;
        fluxperf('-d', $rows, '-n', 1, '--rounds', 1, ($option->[0] eq '-u' ? () : ('-u', $source->{url})), @option,
            '--timeout', 3, '-o', "$scratch/special", '--overwrite');
        stop($source->{pid});
        my ($run) = read_jsonl("$scratch/special/journal.jsonl");
        is($run->{transport}, 'libcurl', "@$option");
    }
};

subtest 'a name with several addresses, of which one answers' => sub {
    my $mock = mock(qw(--ttft 1 --itl 0.1));
    my $run = fluxperf('-d', $rows, '-n', 8, '-c', 4, '--rounds', 1, '-u', "localhost:$mock->{port}", '--max-output-tokens', 2,
        '-o', "$scratch/localhost");
    stop($mock->{pid});
    is($run->{exit}, 0, 'is reached') or diag($run->{err});
    is(round_file("$scratch/localhost", 4, 1)->{summary}{successful_requests}, 8, 'by all requests');
};

subtest 'connections are open before a round, and kept' => sub {
    my $mock = mock(qw(--ttft 5 --itl 0.1));
    my $many = dataset("$scratch/many.jsonl", 300);
    my %options = (kept => [], fresh => ['--fresh-connections']);
    for my $way (sort keys %options) {
        my $run = fluxperf('-d', $many, '-c', 150, '--rounds', 1, '-u', $mock->{url}, '--max-output-tokens', 2,
            @{$options{$way}}, '-o', "$scratch/$way");
        is($run->{exit}, 0, "$way: exit status") or diag($run->{err});
        my @requests = grep { $_->{type} eq 'request' } read_jsonl("$scratch/$way/journal.jsonl");
        is(scalar @requests, 300, 'all are sent');
        is((grep { !$_->{reused_connection} == ($way eq 'kept') } @requests), 0,
            $way eq 'kept' ? 'no request opens one' : 'each request opens one');
    }
    stop($mock->{pid});
};

subtest 'an answer that comes before the request was written' => sub {
    my $long = dataset("$scratch/long.jsonl", 'sample-0 ' . 'x' x 8_000_000);
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 16) or die "listen: $!";
    my $port = $listener->sockport;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        local $SIG{ALRM} = sub { POSIX::_exit(0) };
        alarm 30;
        my $begun = 0;
        while (my $socket = $listener->accept) {
            sysread $socket, my $head, 4096;
            if ($head =~ /^GET/) {
                send_bytes($socket, http_answer(200, 'application/json', '{"data":[{"id":"m"}]}') =~ s/\r\n/\r\nConnection: close\r\n/r);
            } elsif ($begun++ == 0) {
                send_bytes($socket, $ok . "Connection: close\r\n\r\n$stream");
            } else {
                send_bytes($socket, http_answer(413, 'text/plain', 'too long for me'), \0.5);
            }
        }
    }
    close $listener;
    my $run = fluxperf('-d', $long, '-u', "127.0.0.1:$port", '-c', 1, '--rounds', 1, '--timeout', 10, '-o', "$scratch/early");
    kill KILL => $pid;
    waitpid $pid, 0;
    my ($request) = @{round_file("$scratch/early", 1, 1)->{requests}};
    is($request->{error}{http_status}, 413, 'is its answer') or diag($run->{err}, explain $request->{error});
    is($request->{error}{message}, 'too long for me', 'with its words');
};
done_testing;
