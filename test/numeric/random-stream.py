# The numbers expected in random-stream.test.ts: the same streams with 64-bit integers.
M=(1<<32)-1; M64=(1<<64)-1
rot=lambda x,k:((x<<k)|(x>>(32-k)))&M
def start(seed,purpose,rep):
    s=[0x61707865,0x3320646e,0x79622d32,0x6b206574]
    def qr(s):
        a,b,c,d=s
        a=(a+b)&M; d=rot(d^a,16); c=(c+d)&M; b=rot(b^c,12); a=(a+b)&M; d=rot(d^a,8); c=(c+d)&M; b=rot(b^c,7)
        return [a,b,c,d]
    words=[seed&M,seed>>32,len(purpose)]+[ord(c) for c in purpose]+[rep]
    for w in words:
        s[0]^=w
        for _ in range(8): s=qr(s)
    return s
class X:
    def __init__(self,st):
        # pure-rand: (s01,s00,s11,s10), 0 = low word
        self.s0=(st[0]<<32)|st[1]; self.s1=(st[2]<<32)|st[3]
    def next64(self):
        s0,s1=self.s0,self.s1
        r=(s0+s1)&M64
        s1^=s0
        rl=lambda x,k:((x<<k)|(x>>(64-k)))&M64
        self.s0=rl(s0,24)^s1^((s1<<16)&M64); self.s1=rl(s1,37)
        return r
    def next(self): return self.next64()&M
def u(g): return ((g.next()>>5)*2**26+(g.next()>>6))/2**53
for key in [(1,"primary/permutation",0),(1,"primary/permutation",1),(20240919,"primary/permutation",0),(2**53-1,"å",4294967295)]:
    g=X(start(*key)); print(key,[repr(u(g)) for _ in range(3)])
def below(g,n):
    sh=32-(n-1).bit_length()
    while True:
        d=g.next()>>sh
        if d<n: return d
g=X(start(7,"below",3)); print([below(g,10) for _ in range(12)])
from statistics import NormalDist
g=X(start(7,"normal",0)); print([NormalDist().inv_cdf(((g.next()>>6)*2**26+(g.next()>>6)+.5)/2**52) for _ in range(3)])
