#pragma once
#include "DEFINE.h"
#define FOUR (THREE + 1)
