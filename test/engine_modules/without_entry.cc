// A shared library that is no engine module.
extern "C" int answer() { return 42; }
