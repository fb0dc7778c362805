# A terminal to type into and to look at: a tmux server of its own for each test.
package Tmux;

use strict;
use warnings;

use Fluxperf;
use Time::HiRes qw(sleep);

# new(rows, cols): a shell with the prompt "ready> ".
sub new
{
    my ($class, $rows, $cols) = @_;
    my $self = bless {socket => "fluxperf-$$-" . int(rand 1e6), pid => $$}, $class;
    my $shell = q(env -u TMUX PS1='ready> ' LC_ALL=) . ($ENV{LC_ALL} // 'C.UTF-8')
        . q( LANGUAGE=en HISTFILE= PROMPT_COMMAND= bash --norc --noprofile); # its own words in English
    $self->command('-f', '/dev/null', 'new-session', '-d', '-x', $cols, '-y', $rows, $shell);
    $self->command('set', '-g', 'status', 'off');
    $self->resize($rows, $cols);
    $self->wait_for(qr/ready>/) or die 'no shell in tmux';
    return $self;
}

sub command
{
    my ($self, @words) = @_;
    open my $pipe, '-|', 'tmux', '-L', $self->{socket}, @words or die "tmux: $!";
    binmode $pipe, ':utf8';
    local $/;
    my $out = <$pipe>;
    close $pipe;
    return $out // '';
}

sub resize
{
    my ($self, $rows, $cols) = @_;
    $self->command('resize-window', '-x', $cols, '-y', $rows);
}

# Keys by their tmux names: 'q', 'Enter', 'C-c'.
sub keys
{
    my ($self, @keys) = @_;
    $self->command('send-keys', @keys);
}

# Bytes as a terminal would send them.
sub bytes
{
    my ($self, $bytes) = @_;
    $self->command('send-keys', '-H', map { sprintf '%02x', ord } split //, $bytes);
}

sub line { my ($self, $text) = @_; $self->command('send-keys', '-l', $text); $self->keys('Enter') }
sub screen { return $_[0]->command('capture-pane', '-p') }

# The terminal's settings as text, without its size.
sub settings { my ($self) = @_; return $self->run('stty -a') =~ s/rows.*?;.*?;//r }

# What was scrolled off too.
sub history { return $_[0]->command('capture-pane', '-p', '-J', '-S', '-') }

# True once the screen matches, within `seconds`.
sub wait_for
{
    my ($self, $pattern, $seconds) = @_;
    for (1 .. ($seconds // 20) * 20) {
        return 1 if $self->screen =~ $pattern;
        sleep 0.05;
    }
    return 0;
}

# The screen once it has come to rest.
sub settled
{
    my ($self) = @_;
    my $before = '';
    for (1 .. 50) {
        my $now = $self->screen;
        return $now if $now eq $before;
        $before = $now;
        sleep 0.1;
    }
    return $before;
}

# Clears, types, and waits for it to end; returns what was printed.
sub run
{
    my ($self, $text, $seconds) = @_;
    my $mark = 'ended-' . ++$self->{runs};
    $self->line("clear; $text; echo $mark");
    $self->wait_for(qr/^$mark/m, $seconds);
    return $self->screen =~ s/^$mark.*//smr;
}

# How many columns the terminal gives each text: text => columns.
sub columns
{
    my ($self, @texts) = @_;
    my $scratch = scratch;
    open my $file, '>:utf8', "$scratch/texts" or die "texts: $!";
    print $file map { "$_\n" } @texts;
    close $file;
    spew("$scratch/ask", <<'SCRIPT');
while IFS= read -r text <&3; do
    printf '\r\033[K%s\033[6n' "$text"
    IFS='[;' read -rsd R _ _ column
    echo $((column - 1)) >&4
done 3<"$1/texts" 4>"$1/columns"
echo
SCRIPT
    $self->run("bash $scratch/ask $scratch", 30);
    my @columns = split /\n/, slurp("$scratch/columns");
    return map { $texts[$_] => $columns[$_] } 0 .. $#texts;
}

# The process that the shell runs.
sub child
{
    my ($self) = @_;
    my ($shell) = $self->command('list-panes', '-F', '#{pane_pid}') =~ /(\d+)/;
    my ($pid) = split ' ', slurp("/proc/$shell/task/$shell/children");
    return $pid;
}

# The terminal is gone, as when its window is closed.
sub end
{
    my ($self) = @_;
    $self->command('kill-server') if $self->{pid} == $$;
    $self->{pid} = 0;
}

sub DESTROY
{
    my ($self) = @_;
    local ($?, $@);
    $self->end;
}

1;
