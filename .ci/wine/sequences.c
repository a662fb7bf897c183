/* sequences succeeds when the console of its output follows escape sequences: so has the
   program left it that ran before in the same one. */
#include <windows.h>

int main(void)
{
	DWORD mode = 0;
	return !GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &mode) || !(mode & 4);
}
