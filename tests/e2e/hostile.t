#!/usr/bin/perl
# Texts of others (a server's, a dataset's, a note's) in every place where they are shown: what would
# command a terminal or turn its lines round is made visible, and never sent.
use strict;
use warnings;
use Encode ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Fluxperf;
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Test::More;
use Tmux;
use utf8;

binmode $_, ':utf8' for map { Test::More->builder->$_ } qw(output failure_output todo_output);

my $scratch = scratch;
my $binary = $ENV{FLUXPERF} // "$ROOT/fluxperf";

# Colours and a title, backspace and DEL, C1, an override and an isolate, a line separator.
my $evil_text = "\e[31mred\e[0m\e]0;owned\a\b\x7f\xc2\x9b2J\xe2\x80\xaeturned\xe2\x81\xa6\xe2\x80\xa8";
# And bytes that are no UTF-8: C1 alone, half a surrogate pair, a character cut short.
my $evil = "$evil_text\x9b3J\xed\xa0\x80\xe6\xb8";
# In JSON control characters are written as escapes, and so may half a pair be.
sub as_json { return $_[0] =~ s/([\x00-\x1f])/sprintf '\\u%04x', ord $1/ger . '\ud800' }
my ($evil_json, $evil_row) = (as_json($evil), as_json($evil_text) =~ s/.ud800$//r);
my $evil_words = "\e[31mred\e]0;owned\a\x7f\xc2\x9b2J\xe2\x80\xaeturned";

sub is_harmless
{
    my ($bytes, $what) = @_;
    my $name = "$what: nothing commands the terminal";
    if ($bytes =~ /(.{0,60})([\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf])/s) {
        fail($name);
        diag(sprintf 'after "%s" came %s', $1, join ' ', map { sprintf '%02x', ord } split //, $2);
        return;
    }
    pass($name);
    ok(eval { Encode::decode('UTF-8', my $copy = $bytes, Encode::FB_CROAK); 1 }, "$what: and all of it is UTF-8");
}

# ---- a server that says it everywhere

my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64, ReuseAddr => 1) or die "listen: $!";
my $url = 'http://127.0.0.1:' . $listener->sockport;

sub answer
{
    my ($path, $body) = @_;
    my ($sample) = $body =~ /sample-(\d+)/;
    return "HTTP/1.1 200 \e[31mfine\r\nServer: $evil_words\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        . qq({"object":"list","data":[{"id":"m $evil_row","object":"model","owned_by":"vllm $evil_row"}]})
        if $path eq '/v1/models';
    return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
        . "# HELP vllm:num_requests_running $evil\n# TYPE vllm:num_requests_running gauge\n"
        . qq(vllm:num_requests_running{model_name="$evil"} 0\nn$evil 4\nvllm:kv_cache_usage_perc{m="$evil"} 0.5\n)
        if $path eq '/metrics';
    return "HTTP/1.1 404 No $evil_words\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" if $path !~ /completions/;
    return "HTTP/1.1 503 \e[31mbusy\r\nContent-Type: text/plain; \e[2J\r\nConnection: close\r\n\r\nbody $evil"
        if ($sample // 0) % 4 == 1;
    my $head = "HTTP/1.1 200 OK\r\nServer: $evil_words\r\nX-Request-Id: $evil_words\r\n"
        . "Content-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    return $head . sse(text_event('a'), qq({"error":{"message":"oops $evil_json","type":"$evil_json","code":"$evil_json"}}))
        if ($sample // 0) % 4 == 2;
    return $head . sse(text_event('a'), "no JSON $evil") if ($sample // 0) % 4 == 3;
    return $head . sse(event(qq({"reasoning_content":"think $evil_json"})) =~ s/"id":"c"/"id":"id $evil_json"/r,
        text_event("reply $evil_json"), event(qq({"tool_calls":[{"index":0,"id":"$evil_json","function":)
        . qq({"name":"f $evil_json","arguments":"{}"}}]})), finish_event('stop'), usage_event(9, 3, 4), DONE);
}

my $server = fork // die "fork: $!";
if ($server == 0) {
    $SIG{CHLD} = 'IGNORE';
    while (1) {
        my $socket = Fluxperf::accept_one($listener);
        next if fork;
        my $pending = '';
        my $request = Fluxperf::read_request($socket, \$pending) or POSIX::_exit(0);
        send_bytes($socket, answer(@$request{qw(path body)}));
        shutdown $socket, 1;
        POSIX::_exit(0);
    }
}
Fluxperf::adopt($server);

# ---- a run of it

my $dataset = "$scratch/rows $evil_words.jsonl";
spew($dataset, map { qq({"text":"sample-$_ $evil_row"}\n) } 0 .. 7);
my $directory = "$scratch/results/run $evil_words";
my @run = ('-d', $dataset, '-u', $url, '-c', 2, '--rounds', 2, '--note', "note $evil_words", '--prometheus-url', $url,
    '--prometheus-metrics', 'auto', "no $evil_words", '--slo', 'ttft_ms=0.001', '--slo', 'itl_ms=1000');

my $run = fluxperf(@run, '--fail-on', 'errors>0', '-o', $directory);
is($run->{exit}, 3, 'a run') or diag($run->{err});
is_harmless($run->{out}, 'the report');
is_harmless($run->{err}, 'what is said beside it');
like($run->{out} . $run->{err}, qr/\^\[\[31mred/, 'it is shown');

for my $words (['--dry-run', @run], ['check', 'dataset', $dataset], ['check', 'endpoint', $url],
    ['check', 'endpoint', $url, '--events'], ['check', 'prometheus', $url, "no $evil_words"],
    ['--json', @run, '-o', "$scratch/json"], ['-d', "$scratch/none $evil_words", '-u', $url],
    ['--nonsense' . $evil_words], ['--model', "m $evil_words", '--extra-body', "{ $evil_words", @run],
    ['--recipe', "$scratch/none $evil_words"], ['view', "$scratch/none $evil_words"], ["w$evil_words"],
    ['compare', $directory, $directory], map { ['export', $directory, '--format', $_] } qw(text markdown)) {
    my $shown = fluxperf(@$words);
    my $name = join ' ', map { s/[^ -~]/?/gr } @$words[0 .. ($#$words > 2 ? 2 : $#$words)];
    is_harmless($shown->{out}, "$name, stdout");
    is_harmless($shown->{err}, "$name, stderr");
}

# ---- and its screens, read back from the journal

my @pages = ('1', '2', '2 Enter', '3', '3 Enter', '3 Enter Tab', '3 Enter Tab Tab', '3 Enter Tab Tab Tab',
    '3 Enter Tab Tab Tab Tab', '3 f Enter', '3 f Enter Tab', '3 f Down Enter Tab Tab Tab Tab', '4', '5', '6', '6 Down Down',
    '6 Down Enter', '?');
my @sizes = ([24, 80], [40, 120], [60, 200], [6, 50]);
my $script = ":size 24 80\n:dump choice\nEnter\n";
for my $page (0 .. $#pages) {
    $script .= "$pages[$page]\n" . join('', map { ":size @{$sizes[$_]}\n:dump $page-$_\n" } 0 .. $#sizes) . "Esc Esc Esc\n";
}
spew("$scratch/script", $script);
my $view = fluxperf({cwd => "$scratch", env => {FLUXPERF_UI_SCRIPT => "$scratch/script"}}, 'view');
is($view->{exit}, 0, 'its screens') or diag($view->{err});
is_harmless(slurp("$scratch/choice"), 'the choice of runs');
my $all = '';
for my $page (0 .. $#pages) {
    my $shown = join '', map { slurp("$scratch/$page-$_") } 0 .. $#sizes;
    is_harmless($shown, "keys $pages[$page]");
    $all .= $shown;
}
like($all, qr/reply \^\[\[31mred/, 'a reply is shown');
like($all, qr/oops \^\[\[31mred/, 'an error in mid-stream too');
like($all, qr/body \^\[\[31mred/, 'the body of one that failed');
like($all, qr/connection new, HTTP\/1\.1, status 200, .* id id \^\[\[31mred/, 'what the server calls its answer');
like(slurp("$scratch/choice"), qr/note: note \^\[\[31mred/, 'the note');

# ---- characters that take two columns, or none

subtest 'wide and joined characters stay in their columns' => sub {
    my @texts = ('港口记录第十九页：哪些船在中午之前离开？', "Cafe\x{301} e\x{323}\x{302} n\x{303}", 'ｆｕｌｌ　width カタカナ ｶﾀｶﾅ',
        "\x{1f469}\x{200d}\x{1f469}\x{200d}\x{1f467} family", "\x{2764}\x{fe0f} heart \x{263a}\x{fe0f}", "\x{1f44d}\x{1f3fd} thumb",
        "\x{1f1e9}\x{1f1ea} flag", "한국어 \x{1112}\x{1161}\x{11ab}", "क्षि हिन्दी", 'ภาษาไทย', "می\x{200c}خواهم العربية", "a\x{300}\x{301}\x{302}\x{303}\x{304}\x{305}b",
        "\x{1f3f4}\x{e0067}\x{e0062}\x{e007f} tags", "\x{2615}\x{26a1}\x{231a} \x{2194}\x{fe0f} \x{a9}\x{fe0f}");
    my $words = join ' ', @texts;
    my $rows = dataset("$scratch/wide.jsonl", map { "sample-$_ $words" } 0 .. 3);
    my $source = source(sub {
        send_bytes($_[0], stream_head, sse(map({ text_event(Encode::encode('UTF-8', "$_ ")) } @texts), finish_event('stop'), usage_event(99, 40), DONE));
        return 0;
    });
    my $run = fluxperf('-d', $rows, '-u', $source->{url}, '-c', 2, '--model', Encode::encode('UTF-8', $texts[0]), '-o', "$scratch/wide");
    is($run->{exit}, 0, 'a run') or diag($run->{err});
    my $tmux = Tmux->new(40, 120);
    $tmux->line("clear; $binary view $scratch/wide");
    $tmux->wait_for(qr/2 Rounds\]/);
    my @seen;
    for my $page ([qr/\[prompt\]/, qw(3 Enter)], [qr/\[reply\]/, 'Tab'], [qr/\[1 Live\]/, qw(Escape 1)], [qr/\[5 Cache\]/, '5']) {
        my ($there, @keys) = @$page;
        $tmux->keys(@keys);
        ok($tmux->wait_for($there), "keys @keys");
        push @seen, grep { /^│.*│$/ && /[^\x00-\x7f│╷┤├·─▁-█⠀-⣿░]/ } split /\n/, $tmux->settled;
    }
    $tmux->keys('q');
    $tmux->wait_for(qr/ready>/);
    cmp_ok(scalar @seen, '>', 10, 'rows of boxes with such texts');
    my %columns = $tmux->columns(map { (s/│$//r, /^(.*?)││/ ? $1 : ()) } @seen);
    for my $before (sort keys %columns) {
        ok($columns{$before} == 119 || $columns{$before} == 59 || $columns{$before} == 39, "a side in its place: $before")
            or diag("it is in column $columns{$before}");
    }
    stop($source->{pid});
};

done_testing;
