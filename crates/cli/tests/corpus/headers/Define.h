#pragma once
#define THREE 3
