"""Makes the recordings of this directory: runs programs in a pty of a fixed size, plays keys when the output pauses.

usage: python3 record.py [name ...]     (all of them without a name; needs vim, less, nano, emacs, htop, tmux, git)
"""
import fcntl, json, os, pty, select, shutil, signal, struct, subprocess, sys, tempfile, termios, time

HERE = os.path.dirname(os.path.abspath(__file__))
W = tempfile.mkdtemp()
os.environ.setdefault("HOME", W)

def record(argv, cols, rows, keys, env=None, cwd=None, quiet=0.35, limit=20.0):
    pid, fd = pty.fork()
    if pid == 0:
        e = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "HOME": W, "NCURSES_NO_UTF8_ACS": "1"}
        e.update(env or {})
        if cwd: os.chdir(cwd)
        time.sleep(0.1)
        os.execvpe(argv[0], argv, e)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
    out = b""; keys = list(keys); start = time.time(); last = time.time(); marks = []
    while time.time() - start < limit:
        r, _, _ = select.select([fd], [], [], 0.05)
        if r:
            try: d = os.read(fd, 65536)
            except OSError: break
            if not d: break
            out += d; last = time.time()
        elif time.time() - last > quiet:
            if not keys: break
            k = keys.pop(0)
            marks.append(len(out))
            if k is None: break
            os.write(fd, k if isinstance(k, bytes) else k.encode()); last = time.time()
    try: os.kill(pid, signal.SIGKILL)
    except ProcessLookupError: pass
    try: os.waitpid(pid, 0)
    except ChildProcessError: pass
    os.close(fd)
    return out, marks

import random
random.seed(1)
words = "tern sea wind feather north island grey blue storm coast light wing".split()
with open(W + "/birds.txt", "w") as f:
    for _ in range(120):
        f.write(" ".join(random.choice(words) for _ in range(random.randint(3, 16))) + "\n")
with open(W + "/code.c", "w") as f:
    f.write('''/* A small program. */
#include <stdio.h>

static int square(int x)
{
\treturn x * x; // tabs here
}

int main(int argc, char **argv)
{
\tconst char *text = "h\u00e9llo, \u4e16\u754c \\n";
\tfor (int i = 0; i < 10; i++) {
\t\tprintf("%d %s", square(i), text);
\t}
\treturn 0;
}
''')
with open(W + "/wide.txt", "w") as f:
    for i in range(40):
        f.write("\u4e16\u754c %02d \ud55c\uae00 caf\u00e9 e\u0301 \u2500\u2502 \u03b1\u03b2\u03b3 | end\n" % i)
# a git repository with a graph, no machine names in it
R=W+"/repo"
shutil.rmtree(R, ignore_errors=True); os.makedirs(R)
env=dict(os.environ, GIT_AUTHOR_NAME="Ann", GIT_AUTHOR_EMAIL="ann@example.org", GIT_COMMITTER_NAME="Ann", GIT_COMMITTER_EMAIL="ann@example.org", GIT_CONFIG_GLOBAL="/dev/null")
n=[0]
def git(*a):
    e=dict(env); n[0]+=1
    e["GIT_AUTHOR_DATE"]=e["GIT_COMMITTER_DATE"]="2024-05-%02dT12:00:00Z"%(1+n[0]%28)
    subprocess.run(("git","-C",R)+a,check=True,env=e,stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL)
git("init","-q","-b","main")
def commit(m,b=None): git("commit","-q","--allow-empty","-m",m)
commit("First light"); commit("Nest"); git("checkout","-q","-b","sea"); commit("Wave"); commit("Caf\u00e9 at the shore"); git("checkout","-q","main"); commit("Feather"); git("merge","-q","--no-ff","-m","Merge the sea","sea"); git("checkout","-q","-b","wind","HEAD~1"); commit("Breeze"); commit("\u4e16\u754c wide"); git("checkout","-q","main"); git("merge","-q","--no-ff","-m","Merge the wind","wind"); git("tag","v1")
D=W+"/dir"; shutil.rmtree(D, ignore_errors=True); os.makedirs(D+"/nest")
for f,m in (("egg.txt",0o644),("fly.sh",0o755),("wing.tar.gz",0o644),("photo.png",0o644),("caf\u00e9",0o644),("\u4e16\u754c.txt",0o644)):
    open(D+"/"+f,"w").close(); os.chmod(D+"/"+f,m)
os.symlink("egg.txt",D+"/link"); os.mkfifo(D+"/pipe")
open(W+"/tmux.conf","w").write("set -g default-command \"env PS1='$ ' HISTFILE=/dev/null bash --norc --noprofile\"\nset -g status-right ''\n")
SLEEPER=subprocess.Popen(["sleep","600"])
programs = {
 "ls": (["ls","--color=always","-F","-x","--width=40",D and "."],40,12,[],dict(cwd=D)),
 "git-graph": (["git","-c","color.ui=always","--no-pager","log","--graph","--oneline","--decorate","--all"],60,20,[],dict(cwd=R,env={"GIT_CONFIG_GLOBAL":"/dev/null"})),
 "git-pager": (["git","-c","color.ui=always","log","--graph","--stat","--decorate"],60,16,["\x06","\x06","k","k","/wave\n"," "],dict(cwd=R,env={"GIT_CONFIG_GLOBAL":"/dev/null","LESS":"R","PAGER":"less"})),
 "less": (["less","birds.txt"],50,14,["\x06","j","j","k","b","/grey\n","n","N","g","20G","\x02","-S\n","\x1b)","\x1b("],dict(cwd=W,env={"LESSHISTFILE":"-"})),
 "less-quit": (["less","birds.txt"],50,14,["\x06","q"],dict(cwd=W,env={"LESSHISTFILE":"-"})),
 "less-wide": (["less","wide.txt"],31,12,["\x06","j","k","/caf\n","G"],dict(cwd=W,env={"LESSHISTFILE":"-"})),
 "vim": (["vim","-u","NONE","-N","-n","-i","NONE","--cmd","set nomodeline","birds.txt"],60,18,[":syntax on\n","\x06","\x06","ihello \x1b","dd","p","u",":vsplit\n","\x17w","3dd","/wing\n","n",":set nu hls list\n","yyP","x"],dict(cwd=W)),
 "vim-syntax": (["vim","-u","NONE","-N","-n","-i","NONE","-c","syntax on","-c","set bg=dark nu cul hls ruler","code.c"],58,20,["jjjj","/int\n","n","o// neu \u4e16\u754c\x1b","A;\x1b","V","jj","\x1b",":split\n",":%s/i/j/g\n","u"],dict(cwd=W)),
 "vim-quit": (["vim","-u","NONE","-N","-n","-i","NONE","code.c"],58,12,["jj","dd",":q!\n"],dict(cwd=W)),
 "nano": (["nano","-I","birds.txt"],60,18,["hello ","\x0b","\x0b","\x15","\x19","\x16","\x17wing\n","\x07"],dict(cwd=W)),
 "emacs": (["emacs","-nw","-Q","code.c"],70,20,["\x0e\x0e\x0e","\x0bfish","\x18""2","\x18o","\x13int","\r","\x1bxlinum-mode\r"[:1]+"x","line-number-mode\r","\x1b>"],dict(cwd=W,quiet=1.2,limit=40)),
 "bash": (["bash","--norc","--noprofile"],40,10,["echo hello world\n","for i in 1 2 3 4 5 6 7 8; do echo line $i; done\n","printf '\\e[1;31mred\\e[0m\\n'\n","echo a very long line that has to wrap around the edge of the screen twice at least\x01\x05\x17\x17\x19\x1b[D\x1b[Dx\n","clear\n","echo end"],dict(cwd=W,env={"PS1":"$ ","HISTFILE":"/dev/null"})),
 "htop": (["htop","-d","100","--no-mouse","-p",str(SLEEPER.pid)],76,20,["t","\x1bOB","\x1bOR","sle","\r","\x1bOQ","\x1b"],dict(cwd=W,quiet=0.5,env={"HTOPRC":"/dev/null"})),
 "tmux": (["tmux","-L","sternarecord","-f","tmux.conf","new-session"],70,20,["clear\n","seq 1 30\n","\x02%","seq 5\n",'\x02"',"printf '\\033[1;35mhi \\u4e16\\033[m\\n'\n","\x02o","\x02[","\x1b[5~","q"],dict(cwd=W)),
}
INDEX=os.path.join(HERE, "recordings.json")
index=json.load(open(INDEX)) if os.path.exists(INDEX) else []
only=sys.argv[1:]
for name,(argv,cols,rows,keys,kw) in programs.items():
    if only and name not in only: continue
    out,marks=record(argv,cols,rows,keys,**kw)
    with open(os.path.join(HERE, name + ".rec"), "wb") as f: f.write(out)
    index = [r for r in index if r["name"] != name] + [{"name": name, "cols": cols, "rows": rows, "marks": marks}]
    print(name,len(out),len(marks),len(keys))
SLEEPER.kill()
subprocess.run(["tmux","-L","sternarecord","kill-server"],stderr=subprocess.DEVNULL)
with open(INDEX, "w") as f: f.write(json.dumps(sorted(index, key=lambda r: r["name"]), indent=1) + "\n")
shutil.rmtree(W)
